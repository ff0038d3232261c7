package org.jtvmc.compiler.zoo;

import java.util.List;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.zoo.ConvNet.Convolution;
import org.jtvmc.compiler.zoo.ConvNet.Feature;

/**
 * MobileNetV2 of width 1.0 for 224x224 images and 1000 classes.
 *
 * @see <a href="https://arxiv.org/abs/1801.04381">Sandler et al., MobileNetV2: Inverted Residuals
 *     and Linear Bottlenecks</a>, table 2
 */
final class MobileNetV2 implements ZooModel.Architecture {

  private static final long SEED = 2;

  /** A row of the paper's table 2: expansion, output channels, repetitions, stride of the first. */
  private record Stage(long expansion, long channels, int repetitions, long stride) {}

  private static final List<Stage> STAGES =
      List.of(
          new Stage(1, 16, 1, 1),
          new Stage(6, 24, 2, 2),
          new Stage(6, 32, 3, 2),
          new Stage(6, 64, 4, 2),
          new Stage(6, 96, 3, 1),
          new Stage(6, 160, 3, 2),
          new Stage(6, 320, 1, 1));

  @Override
  public OnnxBuilder build() {
    var model = new OnnxBuilder("mobilenetv2", 17);
    var net = new ConvNet(model, new RandomWeights(SEED));
    var x = net.image("input", 3, 224);
    x = activated(net, "features.0", x, new Convolution(32, 3, 2));
    int index = 1;
    for (var stage : STAGES) {
      for (int i = 0; i < stage.repetitions(); i++) {
        long stride = i == 0 ? stage.stride() : 1;
        x = invertedResidual(net, "features." + index++, x, stage, stride);
      }
    }
    x = activated(net, "features." + index, x, new Convolution(1280, 1, 1));
    net.classify("classifier.1", x, "output", 1000);
    return model;
  }

  private static Feature invertedResidual(
      ConvNet net, String at, Feature x, Stage stage, long stride) {
    long hidden = x.channels() * stage.expansion();
    var branch = x;
    if (stage.expansion() > 1) {
      branch = activated(net, at + ".expand", branch, new Convolution(hidden, 1, 1));
    }
    branch = activated(net, at + ".depthwise", branch, new Convolution(hidden, 3, stride, hidden));
    branch =
        net.normalizedConv(
            at + ".project.0", at + ".project.1", branch, new Convolution(stage.channels(), 1, 1));
    boolean sameShape = stride == 1 && x.channels() == stage.channels();
    return sameShape ? net.add(at, x, branch) : branch;
  }

  private static Feature activated(ConvNet net, String at, Feature x, Convolution conv) {
    return net.relu6(at + ".2", net.normalizedConv(at + ".0", at + ".1", x, conv));
  }
}
