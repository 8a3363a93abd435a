package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.model.SwinModel;
import io.swinlake.swin.SwinConfig;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rule against the values and digests that its authors printed. */
class RuleWeightsTest {
    static Stream<JsonNode> examples() {
        JsonNode examples = Fixtures.manifest().get("weight_rule").get("examples");
        return StreamSupport.stream(examples.spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void givesThePrintedValuesBitForBit(JsonNode example) {
        long[] dims = StreamSupport.stream(example.get("shape").spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
        float[] values =
                RuleWeights.tensor(example.get("name").asText(), Shape.of(dims)).toFloats();
        JsonNode bits = example.get("float_bits");
        for (int i = 0; i < bits.size(); i++) {
            assertThat(Integer.toHexString(Float.floatToIntBits(values[i])))
                    .isEqualTo(bits.get(i).asText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"full/swin_tiny_patch4_window7_224", "full/swinv2_tiny_patch4_window8_256"})
    void givesThePrintedDigestOfAllWeights(String caseId) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Tensor tensor : RuleWeights.tensors(caseId).values()) {
            digest.update(tensor.data());
        }
        assertThat(HexFormat.of().formatHex(digest.digest()))
                .isEqualTo(Fixtures.caseById(caseId).get("weights_sha256").asText());
    }

    @Test
    void aRuleModelIsTheNetworkOfItsName() {
        SwinModel model = RuleWeights.model("full/swin_tiny_patch4_window7_224");
        assertThat(model.config()).isEqualTo(SwinConfig.tiny());
        assertThat(model.inputSize()).hasToString("224x224");
    }
}
