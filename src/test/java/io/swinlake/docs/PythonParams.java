package io.swinlake.docs;

import io.swinlake.spark.SwinTransformer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;

/** The Params of the transformer as Python has them: {@code _params.py} of the package, with types, defaults and documentation. */
final class PythonParams {
    private static final String HEAD = """
            \"""The Params of SwinTransformer. Written by %s from io.swinlake.spark.SwinTransformer; do not edit.\"""

            from __future__ import annotations

            from typing import TypeVar

            from pyspark.ml.param import Param, Params, TypeConverters

            from ._stage import JavaStage

            P = TypeVar("P", bound="SwinParams")


            class SwinParams(JavaStage):
                \"""Documentation, default, type and accessors of each Param.\"""

            """;

    /** Of one Param, in both languages. */
    private record Described(Param<?> param, Object defaultValue) {
        String name() {
            return param.name();
        }

        String snake() {
            return name().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
        }

        String capitalized() {
            return name().substring(0, 1).toUpperCase(Locale.ROOT) + name().substring(1);
        }

        private record PythonType(String hint, String converter) {}

        private PythonType type() {
            if (param instanceof IntParam || param instanceof LongParam) {
                return new PythonType("int", "toInt");
            }
            if (param instanceof DoubleParam) {
                return new PythonType("float", "toFloat");
            }
            if (param instanceof BooleanParam) {
                return new PythonType("bool", "toBoolean");
            }
            if (param instanceof IntArrayParam) {
                return new PythonType("list[int]", "toListInt");
            }
            return new PythonType("str", "toString"); // as Java's compiler has checked
        }

        String literal() {
            if (defaultValue instanceof String text) {
                return "\"%s\"".formatted(text);
            }
            if (defaultValue instanceof Boolean flag) {
                return flag ? "True" : "False";
            }
            return defaultValue instanceof int[] numbers ? Arrays.toString(numbers) : String.valueOf(defaultValue);
        }
    }

    private PythonParams() {}

    static String text() {
        List<Described> all = described();
        StringBuilder text = new StringBuilder(HEAD.formatted(GeneratedPages.RENEWED_BY));
        for (Described some : all) {
            text.append("    %s: Param[%s] = Param(\n"
                    .formatted(some.name(), some.type().hint()));
            text.append("        Params._dummy(),\n        \"%s\",\n".formatted(some.name()));
            text.append("        \"%s\",\n".formatted(some.param().doc().replace("\"", "\\\"")));
            text.append(
                    "        TypeConverters.%s,\n    )\n".formatted(some.type().converter()));
        }
        text.append("\n    _defaults = {\n");
        for (Described some : all) {
            if (some.defaultValue() != null) {
                text.append("        \"%s\": %s,\n".formatted(some.name(), some.literal()));
            }
        }
        text.append("    }\n");
        text.append(keywords("__init__", "None", "Makes a transformer; both spellings of a name mean the same.", all));
        text.append(
                keywords("setParams", "P", "Sets some of the Params; both spellings of a name mean the same.", all));
        for (Described some : all) {
            String hint = some.type().hint();
            text.append("""

                        def set%2$s(self: P, value: %3$s) -> P:
                            self._set(%1$s=value)
                            return self

                        def get%2$s(self) -> %3$s:
                            return self.getOrDefault(self.%1$s)
                    """.formatted(some.name(), some.capitalized(), hint));
        }
        return text.toString();
    }

    private static String keywords(String method, String result, String doc, List<Described> all) {
        StringBuilder text = new StringBuilder(
                "\n    def %s(\n        self%s,\n        *,\n".formatted(method, result.equals("P") ? ": P" : ""));
        List<String> taken = new ArrayList<>();
        for (Described some : all) {
            text.append("        %s: %s | None = None,\n"
                    .formatted(some.snake(), some.type().hint()));
            taken.add("\"%s\": %s".formatted(some.snake(), some.snake()));
        }
        for (Described some : all) {
            if (!some.snake().equals(some.name())) {
                text.append("        %s: %s | None = None,\n"
                        .formatted(some.name(), some.type().hint()));
                taken.add("\"%s\": %s".formatted(some.name(), some.name()));
            }
        }
        text.append("    ) -> %s:\n        \"\"\"%s\"\"\"\n".formatted(result, doc));
        if (method.equals("__init__")) {
            text.append("        super().__init__()\n        self._create()\n");
        }
        text.append("        self._take(\n            {\n");
        text.append(
                taken.stream().map(some -> "                " + some + ",\n").collect(Collectors.joining()));
        text.append("            }\n        )\n");
        if (!method.equals("__init__")) {
            text.append("        return self\n");
        }
        return text.toString();
    }

    private static List<Described> described() {
        SwinTransformer java = new SwinTransformer("described");
        return Arrays.stream(java.params())
                .map(param -> new Described(
                        param, java.hasDefault(param) ? java.getDefault(param).get() : null))
                .toList();
    }
}
