package org.jtvmc.compiler.zoo;

import java.util.List;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.zoo.ConvNet.Convolution;
import org.jtvmc.compiler.zoo.ConvNet.Feature;

/**
 * Residual networks for 224x224 images and 1000 classes, as torchvision builds them: where an image
 * is halved inside a bottleneck, its 3x3 convolution does so.
 *
 * @param name the graph's name
 * @param blocksPerStage how many residual blocks each of the four stages has
 * @param bottleneck whether a block is 1x1, 3x3, 1x1 with four times the width, or two 3x3
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al., Deep Residual Learning for Image
 *     Recognition</a>
 */
record ResNet(String name, List<Integer> blocksPerStage, boolean bottleneck)
    implements ZooModel.Architecture {

  static final ResNet RESNET18 = new ResNet("resnet18", List.of(2, 2, 2, 2), false);
  static final ResNet RESNET50 = new ResNet("resnet50", List.of(3, 4, 6, 3), true);
  static final ResNet RESNET101 = new ResNet("resnet101", List.of(3, 4, 23, 3), true);

  private static final long SEED = 18;

  /** The deviation of a residual branch where that of its shortcut is about 1. */
  private static final double BRANCH_GAIN = 0.25;

  ResNet {
    blocksPerStage = List.copyOf(blocksPerStage);
  }

  @Override
  public OnnxBuilder build() {
    var model = new OnnxBuilder(name, 17);
    var net = new ConvNet(model, new RandomWeights(SEED));
    var x = net.image("input", 3, 224);
    x = net.relu("relu", net.normalizedConv("conv1", "bn1", x, new Convolution(64, 7, 2)));
    x = net.maxPool("maxpool", x);
    for (int stage = 0; stage < blocksPerStage.size(); stage++) {
      for (int block = 0; block < blocksPerStage.get(stage); block++) {
        long stride = stage > 0 && block == 0 ? 2 : 1;
        x = residual(net, "layer%d.%d".formatted(stage + 1, block), x, 64L << stage, stride);
      }
    }
    net.classify("fc", x, "output", 1000);
    return model;
  }

  private Feature residual(ConvNet net, String at, Feature x, long width, long stride) {
    long outChannels = bottleneck ? 4 * width : width;
    Feature branch;
    if (bottleneck) {
      branch = layer(net, at, 1, x, new Convolution(width, 1, 1));
      branch = net.relu(at + ".relu1", branch);
      branch = layer(net, at, 2, branch, new Convolution(width, 3, stride));
      branch = net.relu(at + ".relu2", branch);
      branch = lastLayer(net, at, 3, branch, new Convolution(outChannels, 1, 1));
    } else {
      branch = layer(net, at, 1, x, new Convolution(width, 3, stride));
      branch = net.relu(at + ".relu1", branch);
      branch = lastLayer(net, at, 2, branch, new Convolution(width, 3, 1));
    }
    var shortcut =
        x.channels() == outChannels && stride == 1
            ? x
            : net.normalizedConv(
                at + ".downsample.0",
                at + ".downsample.1",
                x,
                new Convolution(outChannels, 1, stride));
    return net.relu(at + ".relu", net.add(at, branch, shortcut));
  }

  private static Feature layer(ConvNet net, String at, int number, Feature x, Convolution conv) {
    return net.normalizedConv(at + ".conv" + number, at + ".bn" + number, x, conv);
  }

  private static Feature lastLayer(
      ConvNet net, String at, int number, Feature x, Convolution conv) {
    return net.normalizedConv(at + ".conv" + number, at + ".bn" + number, x, conv, BRANCH_GAIN);
  }
}
