package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.pickle.PickleWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not read: each kind is told by its name, and by what to do. */
class OtherFormatsTest {
    private static final String EXPECTED =
            "no weights here. Expected model.safetensors, pytorch_model.bin, an .index.json of"
                    + " either, or one .safetensors, .pth, .pt, .bin, .ckpt or .pth.tar file; here ";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            swin.onnx | \\010\\007 | an ONNX program, not weights. Save the PyTorch network that it was exported from: torch.save(model.state_dict(), 'weights.pth').
            openvino_model.bin | \\001\\002 | an OpenVINO program, not weights. Save the PyTorch network that it was converted from: torch.save(model.state_dict(), 'weights.pth').
            swin.xml | <?xml version="1.0"?> | an OpenVINO program, not weights. Save the PyTorch network that it was converted from: torch.save(model.state_dict(), 'weights.pth').
            __0_0.distcp | PK | a part of a distributed checkpoint (DCP). In Python: from torch.distributed.checkpoint.format_utils import dcp_to_torch_save, then dcp_to_torch_save(folder, 'weights.pth').
            .metadata | \\200\\004 | a part of a distributed checkpoint (DCP). In Python: from torch.distributed.checkpoint.format_utils import dcp_to_torch_save, then dcp_to_torch_save(folder, 'weights.pth').
            flax_model.msgpack | \\202 | Flax weights. In Python: model = AutoModelForImageClassification.from_pretrained(folder, from_flax=True) of a transformers that has Flax, then model.save_pretrained(folder).
            tf_model.h5 | \\211HDF | TensorFlow weights. In Python: model = AutoModelForImageClassification.from_pretrained(folder, from_tf=True) of a transformers that has TensorFlow, then model.save_pretrained(folder).
            swin.keras | \\211HDF | HDF5, as Keras writes it; save the PyTorch network that it came from: torch.save(model.state_dict(), 'weights.pth').
            swin.tflite | \\034\\000\\000\\000TFL3\\000 | a TensorFlow Lite program, not weights. Save the PyTorch network that it came from: torch.save(model.state_dict(), 'weights.pth').
            swin.npy | \\223NUMPY | one NumPy array, not a network's weights; save them: torch.save(model.state_dict(), 'weights.pth').
            swin.gguf | GGUF\\003\\000 | GGUF, whose numbers are quantised; give the safetensors or .pth file that it was made from.
            swin.pth.tar | \\037\\213\\010 | a gzip archive; unpack it first: tar -xzf, or gunzip.
            swin.pth | \\3757zXZ\\000 | an xz archive; unpack it first: tar -xJf, or xz -d.
            swin.pkl | \\200\\004\\225\\000 | a pickle that torch.save did not write. If you trust it, in Python: weights = pickle.load(open(file, 'rb')), then torch.save({k: torch.as_tensor(v) for k, v in weights.items()}, 'weights.pth').
            """)
    void aFileSaysWhatItIs(String name, String escapedHead, String reason) throws IOException {
        Path file =
                Files.write(folder.resolve(name), escapedHead.translateEscapes().getBytes(StandardCharsets.ISO_8859_1));

        assertRefused(file, reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            x/constants.pkl | a TorchScript program, not weights. Programs are not loaded; in Python: model = torch.jit.load(file), then torch.save(model.state_dict(), 'weights.pth').
            x/code/__torch__/torch/nn.py | a TorchScript program, not weights. Programs are not loaded; in Python: model = torch.jit.load(file), then torch.save(model.state_dict(), 'weights.pth').
            x/archive_format | a .pt2 archive of torch.export, a program, not weights. Programs are not loaded; in Python: program = torch.export.load(file), then torch.save(program.state_dict, 'weights.pth').
            norm.weight.npy | a NumPy .npz archive; in Python: torch.save({k: torch.from_numpy(v) for k, v in numpy.load(file).items()}, 'weights.pth').
            model.weights.h5 | a Keras archive; save the PyTorch network that it came from: torch.save(model.state_dict(), 'weights.pth').
            """)
    void aZipSaysWhatItIs(String entry, String reason) throws IOException {
        byte[] zip = TorchFiles.zip().add(entry, new byte[] {1, 2}).toBytes();

        assertRefused(Files.write(folder.resolve("swin.pt"), zip), reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            checkpoint-500/,checkpoint-1000/,runs/,trainer_state.json | are the folders checkpoint-1000, checkpoint-500 of a training run: give one of them.
            lightning_logs/ | are the folders lightning_logs of a training run: give one of them.
            pytorch_model_fsdp_0/,optimizer_0/,scheduler.bin | are the folders pytorch_model_fsdp_0 of a training run: give one of them.
            __0_0.distcp,.metadata | is a distributed checkpoint (DCP). In Python: from torch.distributed.checkpoint.format_utils import dcp_to_torch_save, then dcp_to_torch_save(folder, 'weights.pth').
            model.onnx,config.json | is model.onnx, an ONNX program, not weights. Save the PyTorch network that it was exported from: torch.save(model.state_dict(), 'weights.pth').
            openvino_model.bin,openvino_model.xml | is openvino_model.bin, an OpenVINO program, not weights. Save the PyTorch network that it was converted from: torch.save(model.state_dict(), 'weights.pth').
            latest,global_step10/,zero_to_fp32.py | is zero_to_fp32.py, DeepSpeed's program that joins the parts of a checkpoint. In a shell: python zero_to_fp32.py FOLDER OUTPUT.
            optimizer.bin,random_states_0.pkl | are optimizer.bin, random_states_0.pkl.
            """)
    void aFolderWithoutWeightsSaysWhatIsThere(String names, String reason) throws IOException {
        make(names);

        assertRefused(folder, EXPECTED + reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            last.pth.tar,model_best.pth.tar,args.yaml | 2 files could be the weights: last.pth.tar, model_best.pth.tar. Name the file instead of the directory (model_best.pth.tar is what training code calls its best epoch).
            epoch_1.pth,epoch_2.pth,last_checkpoint | 2 files could be the weights: epoch_1.pth, epoch_2.pth. Name the file instead of the directory.
            adapter_model.safetensors,adapter_config.json | an adapter (LoRA), which is no network without the one that it was trained on. In Python: model = PeftModel.from_pretrained(base, folder).merge_and_unload(), then model.save_pretrained(merged).
            """)
    void aFolderOfATrainingRunAsksForAFile(String names, String reason) throws IOException {
        make(names);

        assertRefused(folder, reason);
    }

    @Test
    void aModuleInsideATrainingFileIsNamed() throws IOException {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("model");
        pickle.global("timm.models.swin_transformer", "SwinTransformer")
                .emptyTuple()
                .newObject();
        pickle.emptyDict().mark().string("_modules").emptyDict().mark().string("norm");
        pickle.global("torch.nn.modules.normalization", "LayerNorm")
                .emptyTuple()
                .newObject();
        pickle.emptyDict().mark().string("_parameters").emptyDict().mark().string("weight");
        TorchFiles.tensor(pickle, 2, 3, 3, 1).setItems().setItems().build();
        pickle.setItems().setItems().build().setItems();
        byte[] zip = TorchFiles.zip()
                .add("x/data.pkl", pickle.toBytes())
                .add("x/data/0", TorchFiles.floats(6))
                .toBytes();

        assertRefused(
                Files.write(folder.resolve("last.pth"), zip),
                "'model' is a whole module, pickled with its code's names. Load it where that code is, and save its weights:"
                        + " torch.save(model.state_dict(), 'weights.pth').");
    }

    /** What the messages above say, in the page that people read before they have the message. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "model = torch.jit.load(file)",
                "program = torch.export.load(file)",
                "torch.save(program.state_dict, 'weights.pth')",
                "torch.save(model.state_dict(), 'weights.pth')",
                "dcp_to_torch_save(folder, 'weights.pth')",
                "from_flax=True",
                "python zero_to_fp32.py FOLDER OUTPUT",
                "model.merge_and_unload()",
                "model.dequantize()",
                "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')",
                "torch.nn.utils.prune.remove(layer, 'weight')",
                "torch.save({k: torch.as_tensor(v) for k, v in weights.items()}, 'weights.pth')"
            })
    void thePageHasTheSamePython(String python) throws IOException {
        assertThat(Path.of("docs/checkpoints-and-recipes.md")).content().contains(python);
    }

    private void make(String names) throws IOException {
        for (String name : names.split(",", -1)) {
            if (name.endsWith("/")) {
                Files.createDirectory(folder.resolve(name));
            } else {
                Files.createFile(folder.resolve(name));
            }
        }
    }

    private static void assertRefused(Path path, String reason) {
        assertThatThrownBy(() -> Checkpoint.open(LocalSource.of(path)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(path + ": " + reason);
    }
}
