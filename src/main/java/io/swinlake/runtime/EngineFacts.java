package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;

/**
 * The libtorch of this JVM.
 *
 * @param libtorch its version
 * @param djl version of the library that binds it
 * @param threads that one forward uses
 * @param gpus CUDA devices that libtorch could use
 */
public record EngineFacts(String libtorch, String djl, int threads, int gpus) {
    /**
     * Starts the engine if it is not running, and lets it multiply once.
     *
     * @throws UnsatisfiedLinkError if its libraries do not fit this machine
     */
    public static EngineFacts read() {
        Engines.requireStarted();
        Engine engine = Engine.getEngine("PyTorch");
        try (NDManager manager = engine.newBaseManager(Device.cpu())) {
            NDArray two = manager.create(2f).reshape(1, 1);
            float product = two.matMul(two).getFloat(0);
            if (product != 4) {
                throw new IllegalStateException("libtorch says that 2 times 2 is " + product);
            }
        }
        return new EngineFacts(
                engine.getVersion(), Engine.getDjlVersion(), JniUtils.getNumThreads(), CudaDevices.count());
    }
}
