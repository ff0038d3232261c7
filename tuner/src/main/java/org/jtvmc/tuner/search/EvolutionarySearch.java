package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Evolution of schedules under a model of their speed, after Ansor (OSDI 2020), for budgets of tens
 * of trials a task instead of thousands.
 *
 * <p>Each round a population of random points and of offspring of the best measured ones, at first
 * of the default schedule, evolves for some generations; a candidate's fitness blends the draft
 * model's estimate with the learnt model's, which gains weight as samples come in (Pruner, ASPLOS
 * 2025). The fittest that were not measured yet are proposed, and now and then a random one.
 * Towards the end of the budget ever more of a batch is taken from the direct neighbours of the
 * best (Droplet search: coordinate descent).
 *
 * <p>Different decisions may lead to the same loops, as do limits of unrolling that no loop comes
 * near. A population holds one candidate of each, and none is proposed whose loops were proposed
 * before: else the equals of the best would fill half of the budget.
 */
public final class EvolutionarySearch implements SearchStrategy {
  /** Looking at candidates must not take longer than measuring the batch. */
  private static final int POPULATION_PER_TRIAL = 16;

  private static final int LEAST_POPULATION = 40;
  private static final int MOST_POPULATION = 256;
  private static final int GENERATIONS = 3;
  private static final double MUTATION = 0.7;
  private static final double MEASURED_SHARE = 0.3;
  private static final double RANDOM_SHARE = 0.08;
  private static final int TOURNAMENT = 4;

  /** From this part of the budget on, neighbours of the best are tried. */
  private static final double WALK_FROM = 0.3;

  /** So many of the best measured candidates have offspring. */
  private static final int PARENTS = 12;

  private final SearchContext context;
  private final SplittableRandom random;
  private final Map<Candidate, Double> measured = new LinkedHashMap<>();
  private final Set<Candidate> proposed = new HashSet<>();

  /** The loops of everything proposed or observed. */
  private final Set<String> proposedLoops = new HashSet<>();

  /** What was appraised in this round and the one before: parents come back. */
  private final Map<Candidate, Optional<Appraisal>> appraised = new HashMap<>();

  public EvolutionarySearch(SearchContext context) {
    this.context = context;
    this.random = context.random();
  }

  @Override
  public void observe(List<Observation> observations) {
    for (Observation observation : observations) {
      measured.put(observation.candidate(), observation.timeMs());
      proposed.add(observation.candidate());
    }
  }

  @Override
  public List<Candidate> propose(int count, double progress) {
    appraise(List.copyOf(measured.keySet())).values().forEach(a -> proposedLoops.add(a.loops()));
    SequencedSet<Candidate> batch = new LinkedHashSet<>();
    Candidate byDefault = context.space().defaultCandidate();
    if (!proposed.contains(byDefault) && appraise(List.of(byDefault)).size() == 1) {
      add(byDefault, batch);
    }
    if (batch.size() < count) {
      int population = Math.clamp(count * POPULATION_PER_TRIAL, LEAST_POPULATION, MOST_POPULATION);
      Map<Candidate, Double> fitness = evolve(population);
      int walked = (int) Math.round((count - batch.size()) * walkShare(progress));
      addFittest(neighboursOfBest(walked), walked, batch);
      int atRandom = 0;
      for (int k = batch.size(); k < count; k++) {
        atRandom += random.nextDouble() < RANDOM_SHARE ? 1 : 0;
      }
      addFittest(fitness, count - batch.size() - atRandom, batch);
      addRandom(fitness, count, batch);
      addFittest(fitness, count - batch.size(), batch);
    }
    proposed.addAll(batch);
    appraised.keySet().retainAll(measured.keySet());
    return List.copyOf(batch);
  }

  /**
   * The fittest of the candidates that generations of {@code population} come across, the fittest
   * first; nothing counts as proposed by it.
   */
  public List<Candidate> fittest(int population, int number) {
    return evolve(population).entrySet().stream()
        .sorted(fittestFirst())
        .limit(number)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static double walkShare(double progress) {
    return Math.clamp((progress - WALK_FROM) / (1 - WALK_FROM), 0, 0.75);
  }

  /** The fitness of everything that the generations came across and that was not measured. */
  private Map<Candidate, Double> evolve(int size) {
    List<Candidate> parents = fastest(PARENTS);
    if (parents.isEmpty()) {
      parents = List.of(context.space().defaultCandidate());
    }
    List<Candidate> known = parents;
    List<Candidate> first = new ArrayList<>(known);
    int offspring = (int) (size * MEASURED_SHARE);
    first.addAll(
        make(
            offspring, (k, chance) -> context.space().mutate(known.get(k % known.size()), chance)));
    first.addAll(make(size - offspring, (_, chance) -> context.space().random(chance)));
    Pool all = new Pool(new LinkedHashMap<>(), new HashSet<>());
    List<Map.Entry<Candidate, Double>> population = score(first, all);
    for (int generation = 0; generation < GENERATIONS && !population.isEmpty(); generation++) {
      List<Map.Entry<Candidate, Double>> fittest = population;
      List<Candidate> next = make(size, (_, chance) -> child(fittest, chance));
      List<Map.Entry<Candidate, Double>> children = score(next, all);
      children.addAll(population);
      children.sort(fittestFirst());
      population = new ArrayList<>(children.subList(0, Math.min(size, children.size())));
    }
    all.fitness.keySet().removeAll(proposed);
    return all.fitness;
  }

  /**
   * Candidates that were scored.
   *
   * @param loops of these: there is one candidate of each
   */
  private record Pool(Map<Candidate, Double> fitness, Set<String> loops) {}

  /** Candidates made on all cores, each with a source of chance of its own. */
  private List<Candidate> make(int number, BiFunction<Integer, SplittableRandom, Candidate> maker) {
    List<SplittableRandom> chances = Stream.generate(random::split).limit(number).toList();
    return IntStream.range(0, number)
        .parallel()
        .mapToObj(k -> maker.apply(k, chances.get(k)))
        .toList();
  }

  private Candidate child(List<Map.Entry<Candidate, Double>> population, SplittableRandom random) {
    Candidate parent = tournament(population, random);
    if (random.nextDouble() < MUTATION) {
      return context.space().mutate(parent, random);
    }
    return context
        .space()
        .crossover(parent, tournament(population, random), random)
        .orElseGet(() -> context.space().mutate(parent, random));
  }

  /** The fittest of a few drawn at random. */
  private static Candidate tournament(
      List<Map.Entry<Candidate, Double>> population, SplittableRandom random) {
    Map.Entry<Candidate, Double> winner = population.get(random.nextInt(population.size()));
    for (int k = 1; k < TOURNAMENT; k++) {
      Map.Entry<Candidate, Double> other = population.get(random.nextInt(population.size()));
      winner = other.getValue() > winner.getValue() ? other : winner;
    }
    return winner.getKey();
  }

  /** The unmeasured neighbours of the fastest candidate that has enough of them. */
  private Map<Candidate, Double> neighboursOfBest(int wanted) {
    Pool found = new Pool(new LinkedHashMap<>(), new HashSet<>(proposedLoops));
    for (Candidate best : fastest(PARENTS)) {
      if (found.fitness.size() >= wanted) {
        break;
      }
      List<Candidate> fresh = new ArrayList<>(context.space().neighbours(best));
      fresh.removeAll(proposed);
      score(fresh, found);
    }
    return found.fitness;
  }

  /** Scores those of {@code candidates} whose loops are new to {@code all}, and adds them to it. */
  private List<Map.Entry<Candidate, Double>> score(List<Candidate> candidates, Pool all) {
    List<Candidate> fresh =
        candidates.stream().distinct().filter(c -> !all.fitness.containsKey(c)).toList();
    Map<Candidate, Appraisal> appraisals = appraise(fresh);
    appraisals.values().removeIf(appraisal -> !all.loops.add(appraisal.loops()));
    List<ProgramFeatures> programs = appraisals.values().stream().map(Appraisal::features).toList();
    double trust = context.costModel().confidence(context.group());
    double[] learnt = context.costModel().predict(programs);
    double bestDraft =
        appraised.values().stream()
            .flatMap(Optional::stream)
            .mapToDouble(Appraisal::draftMs)
            .min()
            .orElse(1);
    List<Map.Entry<Candidate, Double>> scored = new ArrayList<>();
    int k = 0;
    for (Map.Entry<Candidate, Appraisal> entry : appraisals.entrySet()) {
      double draft = bestDraft / entry.getValue().draftMs();
      double fitness = trust * learnt[k++] + (1 - trust) * (Double.isNaN(draft) ? 0 : draft);
      all.fitness.put(entry.getKey(), fitness);
      scored.add(Map.entry(entry.getKey(), fitness));
    }
    return scored;
  }

  /** Looks at each candidate, on all cores; those that are rejected are missing from the result. */
  private Map<Candidate, Appraisal> appraise(List<Candidate> candidates) {
    List<Candidate> unknown = candidates.stream().filter(c -> !appraised.containsKey(c)).toList();
    List<Optional<Appraisal>> looked =
        unknown.parallelStream().map(context.appraiser()::appraise).toList();
    IntStream.range(0, unknown.size()).forEach(k -> appraised.put(unknown.get(k), looked.get(k)));
    Map<Candidate, Appraisal> known = new LinkedHashMap<>();
    for (Candidate candidate : candidates) {
      appraised.get(candidate).ifPresent(appraisal -> known.put(candidate, appraisal));
    }
    return known;
  }

  private List<Candidate> fastest(int number) {
    return measured.entrySet().stream()
        .filter(entry -> !Double.isInfinite(entry.getValue()))
        .sorted(Map.Entry.comparingByValue())
        .limit(number)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Adds a candidate unless its loops were proposed before. */
  private void add(Candidate candidate, SequencedSet<Candidate> batch) {
    if (appraised.get(candidate).filter(a -> proposedLoops.add(a.loops())).isPresent()) {
      batch.add(candidate);
    }
  }

  private void addFittest(
      Map<Candidate, Double> fitness, int number, SequencedSet<Candidate> batch) {
    int size = batch.size() + number;
    for (Map.Entry<Candidate, Double> entry :
        fitness.entrySet().stream().sorted(fittestFirst()).toList()) {
      if (batch.size() >= size) {
        return;
      }
      add(entry.getKey(), batch);
    }
  }

  private void addRandom(Map<Candidate, Double> fitness, int count, SequencedSet<Candidate> batch) {
    List<Candidate> rest = new ArrayList<>(fitness.keySet());
    rest.removeAll(batch);
    while (batch.size() < count && !rest.isEmpty()) {
      add(rest.remove(random.nextInt(rest.size())), batch);
    }
  }

  private static Comparator<Map.Entry<Candidate, Double>> fittestFirst() {
    return Map.Entry.<Candidate, Double>comparingByValue().reversed();
  }
}
