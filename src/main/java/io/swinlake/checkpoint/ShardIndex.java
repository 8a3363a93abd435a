package io.swinlake.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.swinlake.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Hugging Face's index of a checkpoint in several files: {@code {"metadata": {...}, "weight_map": {tensor: file}}}.
 */
final class ShardIndex {
    static final String ENDING = ".index.json";

    private static final int MAX_BYTES = 16 << 20;
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private ShardIndex() {}

    /** Reads every shard that the index names; all of them lie beside it. */
    static Checkpoint read(CheckpointSource source, String location, String name) throws IOException {
        SortedMap<String, String> weightMap = weightMap(location, source.read(name));
        List<String> files = source.files();
        Map<String, Checkpoint> shards = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String shard : new TreeSet<>(weightMap.values())) {
            if (shard.isEmpty() || shard.equals(".") || shard.equals("..") || !shard.matches("[^/\\\\\\p{Cntrl}]+")) {
                throw new CheckpointException(
                        "%s: names the shard '%s'. A shard is a file beside its index; treat this file as hostile.",
                        location, Printable.of(shard));
            }
            if (!files.contains(shard)) {
                throw new CheckpointException(
                        "%s: the shard '%s' is missing. Download all shards into the index's directory.",
                        location, shard);
            }
        }
        for (String shard : new TreeSet<>(weightMap.values())) {
            String shardLocation = location.substring(0, location.lastIndexOf('/') + 1) + shard;
            Checkpoint checkpoint = Checkpoint.read(shardLocation, shard, source.open(shard), WeightsChoice.LARGEST);
            shards.put(shard, checkpoint);
            metadata.putAll(checkpoint.metadata());
        }
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        weightMap.forEach((tensor, shard) -> {
            Tensor found = shards.get(shard).tensors().get(tensor);
            if (found == null) {
                throw new CheckpointException(
                        "%s: says that '%s' is in '%s', which does not have it. Index and shards are of different models.",
                        location, tensor, shard);
            }
            tensors.put(tensor, found);
        });
        return new Checkpoint(location, tensors, metadata);
    }

    private static SortedMap<String, String> weightMap(String location, ByteBuffer file) throws IOException {
        if (file.remaining() > MAX_BYTES) {
            throw new CheckpointException(
                    "%s: an index of %d bytes, at most %d are read.", location, file.remaining(), MAX_BYTES);
        }
        byte[] bytes = new byte[file.remaining()];
        file.duplicate().get(bytes);
        SortedMap<String, String> map = new TreeMap<>();
        try (JsonParser json = JSON.createParser(
                new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder()))) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    boolean isWeightMap = json.currentName().equals("weight_map");
                    if (json.nextToken() == JsonToken.START_OBJECT && isWeightMap) {
                        readMap(location, json, map);
                    } else {
                        json.skipChildren();
                    }
                }
            }
        } catch (CharacterCodingException | CharConversionException e) {
            throw new CheckpointException("%s: the index is not UTF-8.", location);
        } catch (JsonProcessingException e) {
            throw new CheckpointException(
                    "%s: the index is not JSON: %s.", location, Printable.of(e.getOriginalMessage()));
        }
        if (map.isEmpty()) {
            throw new CheckpointException("%s: the index has no weight_map of tensor to file.", location);
        }
        return map;
    }

    private static void readMap(String location, JsonParser json, Map<String, String> map) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String tensor = Checkpoint.TensorNames.check(location, json.currentName());
            if (json.nextToken() != JsonToken.VALUE_STRING || map.put(tensor, json.getText()) != null) {
                throw new CheckpointException("%s: the index must give '%s' one file, by name.", location, tensor);
            }
        }
    }
}
