package io.swinlake.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network in a runtime of Python's, {@code src/bench/python/forward_peers.py}: a process for each stream, which stays for the next
 * measurement, since compiling takes it a minute. Images and logits pass through files in memory.
 */
final class PythonNetwork implements Network {
    private static final Path PYTHON = Path.of("target", "peers", "forward", "bin", "python");
    private static final Path FOLDER = Path.of("target", "bench", "forward-peers");

    private final String peer;
    private final String precision;
    private final Path reference;
    private final Path pixels;
    private final Deque<WorkerProcess> idle = new ArrayDeque<>();
    private final List<WorkerProcess> all = new ArrayList<>();

    private PythonNetwork(String peer, String precision, Path reference, ImageSet images) throws IOException {
        this.peer = peer;
        this.precision = precision;
        this.reference = ForwardPeers.requireFile(reference.resolve("swin_t.onnx"));
        this.pixels = Files.createDirectories(FOLDER).resolve("images.f32").toAbsolutePath();
        FloatBuffer values = images.normalised(0, images.count());
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.remaining()).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(values);
        Files.write(pixels, bytes.array());
        WorkerProcess first = started();
        first.ask("run 0 " + ForwardPeers.COMPARED); // or is skipped with its reason
        idle.push(first);
    }

    /** Those that {@code scripts/bench} could install. */
    static Map<String, ForwardPeers.Peer> peers() {
        Map<String, ForwardPeers.Peer> peers = new LinkedHashMap<>();
        if (Files.exists(PYTHON)) {
            for (String peer : List.of("OpenVINO", "torchao")) {
                for (String precision : List.of("fp32", "bf16", "int8")) {
                    peers.put(
                            peer + " " + precision,
                            (reference, images) -> new PythonNetwork(peer, precision, reference, images));
                }
            }
        }
        return peers;
    }

    @Override
    public Forward open() throws IOException {
        WorkerProcess process = idle.isEmpty() ? started() : idle.pop();
        return new Forward() {
            private final Path file = fileOf(process);

            @Override
            public float[] logits(int first, int count) throws IOException {
                process.ask("run %s %s".formatted(first, count));
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
                float[] values = new float[bytes.remaining() / Float.BYTES];
                bytes.asFloatBuffer().get(values);
                return values;
            }

            @Override
            public void close() {
                idle.push(process);
            }
        };
    }

    private Path fileOf(WorkerProcess process) {
        return FOLDER.resolve("%s-%s-%s.f32".formatted(peer, precision, all.indexOf(process)))
                .toAbsolutePath();
    }

    private WorkerProcess started() throws IOException {
        Path logits = FOLDER.resolve("%s-%s-%s.f32".formatted(peer, precision, all.size()));
        WorkerProcess process = new WorkerProcess(
                "forward-%s-%s-%s".formatted(peer, precision, all.size()),
                List.of(
                        PYTHON.toString(),
                        "src/bench/python/forward_peers.py",
                        peer,
                        precision,
                        reference.getParent().toString(),
                        pixels.toString(),
                        logits.toString()),
                Map.of());
        all.add(process);
        return process;
    }

    @Override
    public void close() {
        all.forEach(WorkerProcess::close);
    }
}
