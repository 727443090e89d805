package io.affinage.llm.tensor;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * TorchScript methods, and the two ways to call them: {@link #run} without autograd, and {@link
 * #differentiable} with it. A fragment is compiled when one of its methods is first called, with
 * all that they call, so that who generates text never compiles an optimizer. Several threads may
 * call methods at once with handles of their own ({@link #alias}).
 */
public final class Kernels implements AutoCloseable {
  private final Device device;
  private final Map<String, Object> attributes;
  private final KernelSource source;
  private final NDManager manager;
  private final Map<String, Model> compiled = new ConcurrentHashMap<>();
  private final Map<String, NDArray> methodNames = new ConcurrentHashMap<>();

  private Kernels(NDManager scope, Map<String, Object> attributes, KernelSource source) {
    this.device = scope.getDevice();
    this.attributes = attributes;
    this.source = source;
    this.manager = scope.newSubManager();
  }

  /**
   * Kernel fragments for one configuration. What does not compile fails when it is first called,
   * with an {@link IllegalStateException} whose message names line and operator.
   *
   * @param scope decides the device; the kernels outlive neither it nor {@link #close()}
   * @param attributes numbers that the methods read as {@code self.NAME}
   * @param fragments resource names in the kernels folder, without extension; a method takes the
   *     place of one of the same name in an earlier fragment
   */
  public static Kernels compile(
      NDManager scope, Map<String, Object> attributes, List<String> fragments) {
    return new Kernels(scope, attributes, new KernelSource(fragments));
  }

  private PtSymbolBlock block(String method) {
    return (PtSymbolBlock)
        compiled.computeIfAbsent(source.fragmentOf(method), this::load).getBlock();
  }

  private Model load(String fragment) {
    byte[] archive = ScriptArchive.of(attributes, source.with(fragment));
    Model model = Model.newInstance("kernels", device, "PyTorch");
    try {
      model.load(new ByteArrayInputStream(archive));
      // DJL makes a folder for every model, even one that comes from memory, and leaves it behind.
      Files.deleteIfExists(model.getModelPath());
      return model;
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new IllegalStateException("the kernels of " + fragment + " do not compile", e);
    }
  }

  /**
   * Calls a method without autograd.
   *
   * @param scope owns the results
   * @param arguments in order: NDArray, List of NDArray, Integer, Long, Double, Boolean, String, or
   *     an IValue made earlier (which stays open)
   */
  public NDList run(NDManager scope, String method, Object... arguments) {
    JniUtils.setGraphExecutorOptimize(false);
    return call(scope, method, arguments);
  }

  /**
   * As {@link #run}, for a method that is called many times with much alike: on a CPU its graph is
   * inlined and simplified in its first calls, which makes those slower, and all others faster
   * where operations are small.
   */
  public NDList runOften(NDManager scope, String method, Object... arguments) {
    // On a GPU the same pass would fuse operations for shapes, and the shapes of generation change.
    JniUtils.setGraphExecutorOptimize(!scope.getDevice().isGpu());
    return call(scope, method, arguments);
  }

  private NDList call(NDManager scope, String method, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      try (IValue result = IValueUtils.runMethod(block(method), method, values)) {
        return result.toNDList((PtNDManager) scope);
      }
    } finally {
      for (int i = 0; i < arguments.length; i++) {
        if (values[i] != null && values[i] != arguments[i]) {
          values[i].close();
        }
      }
    }
  }

  /** Another handle of the same array: of one handle only one call at a time can make use. */
  public static NDArray alias(NDManager scope, NDArray array) {
    try (IValue value = IValue.from((PtNDArray) array)) {
      return value.toTensor((PtNDManager) scope);
    }
  }

  /** A list argument that is used in many calls, made once. The caller closes it. */
  public static IValue list(List<NDArray> arrays) {
    return IValue.listFrom(arrays.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
  }

  /** A list of lists that is used in many calls, made once. The caller closes it. */
  public static IValue lists(List<List<NDArray>> lists) {
    IValue[] values = lists.stream().map(Kernels::list).toArray(IValue[]::new);
    try {
      return IValue.listFrom(values);
    } finally {
      for (IValue value : values) {
        value.close();
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof IValue ready) {
      return ready;
    }
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    }
    if (argument instanceof List<?> list) {
      return IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    }
    if (argument instanceof Integer number) {
      return IValue.from(number.longValue());
    }
    if (argument instanceof Long number) {
      return IValue.from(number.longValue());
    }
    if (argument instanceof Double number) {
      return IValue.from(number.doubleValue());
    }
    if (argument instanceof Boolean flag) {
      return IValue.from(flag.booleanValue());
    }
    if (argument instanceof String text) {
      return IValue.from(text);
    }
    throw new IllegalArgumentException("not a kernel argument: " + argument);
  }

  /**
   * Calls a method with autograd on: results carry the graph that their gradients need. Arguments
   * are NDArray, or a non-empty List of NDArray; numbers go through the module's attributes.
   *
   * @param scope owns the results
   * @throws IllegalArgumentException for the same handle in two arguments: the engine knows an
   *     array's place by its name, of which a handle has one; duplicate the handle
   */
  public NDList differentiable(NDManager scope, String method, Object... arguments) {
    NDList inputs = new NDList();
    List<String> places = new ArrayList<>();
    inputs.add(methodNames.computeIfAbsent(method, this::methodName));
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof NDArray array) {
        array.setName(null);
        inputs.add(array);
        places.add(null);
      } else if (arguments[i] instanceof List<?> list && !list.isEmpty()) {
        String listName = "l" + i + "[]";
        for (Object element : list) {
          NDArray array = (NDArray) element;
          array.setName(listName);
          inputs.add(array);
          places.add(listName);
        }
      } else {
        throw new IllegalArgumentException("not a differentiable argument: " + arguments[i]);
      }
    }
    for (int i = 0; i < places.size(); i++) {
      if (!Objects.equals(places.get(i), inputs.get(i + 1).getName())) {
        throw new IllegalArgumentException(
            "the same array stands in two arguments of %s: duplicate its handle".formatted(method));
      }
    }
    // The profiling executor specialises on shapes, which change with every row of real data.
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(true);
    NDList results = IValueUtils.forward(block(method), inputs, true);
    results.attach(scope);
    return results;
  }

  private NDArray methodName(String method) {
    NDArray marker = manager.create(0f);
    marker.setName("module_method:" + method);
    return marker;
  }

  @Override
  public void close() {
    compiled.values().forEach(Model::close);
    manager.close();
  }
}
