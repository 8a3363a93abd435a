package io.swinlake.spark;

import java.util.Locale;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** Which device the user wants. */
enum DeviceChoice {
    /** The GPU that Spark assigned to the task, else the CPU. */
    AUTO,
    CPU,
    /** A GPU or failure: never silently the CPU. */
    CUDA;

    static DeviceChoice named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The device for one task, such as {@code cpu} or {@code cuda:1}. */
    String forTask(TaskContext task) {
        Map<String, ResourceInformation> resources = task.resourcesJMap();
        if (this == CPU) {
            return "cpu";
        }
        if (resources.containsKey("gpu")) {
            return "cuda:" + resources.get("gpu").addresses()[0];
        }
        return this == CUDA ? "cuda:0" : "cpu";
    }
}
