package io.swinlake.layout;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks that only look like a Swin, and Swins whose weights are not in plain form, by a name that each has. */
class RelativesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            layers.0.blocks.0.spatial_mlp.weight | a Swin-MLP of the original repository, which has no attention; Swin V1 and V2 are read
            layers.2.blocks.1.mlp._moe_layer.experts.batched_fc1_w | a Swin-MoE of the original repository, a mixture of experts; Swin V1 and V2 are read
            stages.0.blocks.0.attn.meta_mlp.fc1.bias | timm's swinv2_cr, another attention than Swin V2's; timm's swinv2_ networks are read
            swin2sr.encoder.stages.0.layers.0.attention.output.dense.bias | a Swin2SR or SwinIR, which restores images and has no classes or embedding; Swin V1 and V2 are read
            layers.0.residual_group.blocks.0.norm1.weight | a Swin2SR or SwinIR, which restores images and has no classes or embedding; Swin V1 and V2 are read
            features.0.0.attn.qkv.weight | torchvision's Swin3D, which is for videos; Swin V1 and V2 are read
            audio_encoder.layers.0.blocks.0.layernorm_before.bias | transformers' CLAP, whose Swin is for sounds; Swin V1 and V2 of images are read
            stages.0.blocks.0.attns.0.qkv.weight | no Swin but a relative of it; Swin V1 and V2 are read
            """)
    void aRelativeIsNamed(String name, String relative) {
        assertThatThrownBy(() -> Layout.recognise("w.pth", names(name)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("w.pth: " + relative + " (it has '" + name + "')");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            layers.0.blocks.0.attn.qkv.lora_A.default.weight | has LoRA adapters that are not merged. In Python: model.merge_and_unload(), then torch.save(model.state_dict(), 'weights.pth')
            layers.0.blocks.0.attn.qkv.base_layer.weight | has LoRA adapters that are not merged. In Python: model.merge_and_unload(), then torch.save(model.state_dict(), 'weights.pth')
            layers.0.blocks.0.mlp.fc1.weight.absmax | is quantised; give the network that it was made from, or in Python: model.dequantize(), then torch.save(model.state_dict(), 'weights.pth')
            head.fc.zero_point | is quantised; give the network that it was made from, or in Python: model.dequantize(), then torch.save(model.state_dict(), 'weights.pth')
            head.fc.parametrizations.weight.original0 | has a weight that is computed from others (weight_norm or another parametrization). In Python: torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight') or torch.nn.utils.remove_weight_norm(layer), then torch.save(model.state_dict(), 'weights.pth')
            head.fc.weight_g | has a weight that is computed from others (weight_norm or another parametrization). In Python: torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight') or torch.nn.utils.remove_weight_norm(layer), then torch.save(model.state_dict(), 'weights.pth')
            head.fc.weight_mask | is pruned and has its mask apart. In Python: torch.nn.utils.prune.remove(layer, 'weight'), then torch.save(model.state_dict(), 'weights.pth')
            """)
    void weightsInAnotherFormAreNamed(String name, String form) {
        SortedMap<String, Tensor> tensors =
                names("layers.1.downsample.norm.bias", "layers.0.blocks.0.attn.proj.bias", name);

        assertThatThrownBy(() -> Layout.recognise("w.pth", tensors))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("w.pth: '" + name + "': the network " + form);
    }

    private static SortedMap<String, Tensor> names(String... names) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (String name : names) {
            tensors.put(name, Tensor.of(Shape.of(1), 0f));
        }
        return tensors;
    }
}
