package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.CheckpointException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of class names as they go around: ImageNet's lines with commas, JSON of transformers and timm, CSV. */
class ClassNamesTest {
    private static List<String> names(String text) {
        return ClassNames.parse("names", text).names();
    }

    @Test
    void aLineIsAName() {
        assertThat(names("tench, Tinca tinca\r\n\r\n 6\" disc \r\ntwo\\2\r\n\"seven\"\r\neight ; 8\r\nnine\t9"))
                .containsExactly("tench, Tinca tinca", "6\" disc", "two\\2", "\"seven\"", "eight ; 8", "nine\t9");
        assertThat(names("n01440764 tench, Tinca tinca\nn01443537 goldfish\n"))
                .containsExactly("n01440764 tench, Tinca tinca", "n01443537 goldfish");
        // Names that are numbers, and ImageNet's two cranes.
        assertThat(names("0\n1\n2\n")).containsExactly("0", "1", "2");
        assertThat(names("crane\ncrane\n")).containsExactly("crane", "crane");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[\"zero\", \"one\", \"two, or 2\"]",
                "{\"0\": \"zero\", \"2\": \"two, or 2\", \"1\": \"one\"}",
                "{\"zero\": 0, \"one\": 1, \"two, or 2\": 2}",
                "{\"model_type\": \"swin\", \"id2label\": {\"0\": \"zero\", \"1\": \"one\", \"2\": \"two, or 2\"}}",
                "{\"architecture\": \"swin_tiny\", \"label_names\": [\"zero\", \"one\", \"two, or 2\"]}",
                "\n{\n  \"label2id\": {\"one\": 1, \"two, or 2\": 2, \"zero\": 0}\n}\n"
            })
    void jsonIsReadAsJson(String json) {
        assertThat(names(json)).containsExactly("zero", "one", "two, or 2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `  `                         | holds no class names
            `[zero, one]`                | begins as JSON but is none: Unrecognized token 'zero': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')
            `["zero"] ["one"]`           | begins as JSON but is none: Trailing token (of type START_ARRAY) found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`
            `{"0": "zero", "0": "one"}`  | begins as JSON but is none: Duplicate field '0'
            `["zero", 1]`                | the name of class 1 is 1, expected a text
            `{"0": ["n01440764", "tench"]}` | the name of class 0 is ["n01440764","tench"], expected a text
            `{"0": "zero", "2": "two"}`  | has 2 class names, but none for class 1
            `{"names": "zero, one"}`     | is JSON with the key 'names'; class names are a list, index to name, name to index, or id2label
            """)
    void otherJsonIsRefused(String json, String reason) {
        assertThatThrownBy(() -> names(json))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("names: " + reason);
    }

    @Test
    void tablesAreRefused() {
        assertThatThrownBy(() -> names("index,label\n0,zero\n1,one\n"))
                .hasMessage(
                        "names: begins with 'index,label', so it is a CSV file; needed is one class name a line, and"
                                + " nothing else");
        for (String numbered : List.of("0,zero\n1,one", "1\tzero\n2\tone", "0 zero\n1 one", "\"0\";zero\n\"1\";one")) {
            assertThatThrownBy(() -> names(numbered))
                    .hasMessageStartingWith("names: every line begins with its number, as '"
                            + numbered.substring(numbered.indexOf('\n') + 1)
                            + "' does; needed is one class name a line");
        }
    }
}
