package io.swinlake.spark;

import java.io.Serializable;
import java.util.regex.Pattern;
import scala.runtime.AbstractFunction1;

/** Whether a text may begin the names of output columns: it makes none that SQL would want in backticks. */
final class OutputPrefix extends AbstractFunction1<String, Object> implements Serializable {
    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_]*");

    @Override
    public Object apply(String prefix) {
        return ALLOWED.matcher(prefix).matches();
    }
}
