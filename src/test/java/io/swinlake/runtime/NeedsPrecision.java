package io.swinlake.runtime;

import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.UnsupportedCpuException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** A test that computes in a precision: skipped, with the product's own reason, where the CPU lacks it. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsPrecision.Condition.class)
public @interface NeedsPrecision {
    Precision value();

    /** Asks the product. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Precision precision = AnnotationSupport.findAnnotation(context.getElement(), NeedsPrecision.class)
                    .orElseThrow()
                    .value();
            try {
                CpuPrecision.require(precision);
                return ConditionEvaluationResult.enabled("the CPU has " + precision);
            } catch (UnsupportedCpuException e) {
                return ConditionEvaluationResult.disabled(e.getMessage());
            }
        }
    }
}
