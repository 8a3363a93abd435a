package io.swinlake.checkpoint;

import io.swinlake.pickle.PyObject;
import io.swinlake.pickle.PyTuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every dict of tensors in what torch.save pickled, however deep training code nested it, by the keys that lead to it.
 * Epochs, optimizers, schedulers and configs are passed over.
 */
final class TensorDicts {
    private static final int MAX_DEPTH = 8;

    /** What is looked into, at most: a training file has some thousands of dicts, lists and objects. */
    private static final int MAX_VISITED = 1_000_000;

    private final Map<String, Map<String, PyObject>> found = new LinkedHashMap<>();
    private final Set<Object> visited = Collections.newSetFromMap(new IdentityHashMap<>());

    private TensorDicts() {}

    /** The dicts by key, in the order of the file. */
    static Map<String, Map<String, PyObject>> in(Object root) {
        TensorDicts dicts = new TensorDicts();
        dicts.visit("", root, 0);
        return dicts.found;
    }

    static List<WeightsChoice.Candidate> candidates(Map<String, Map<String, PyObject>> dicts) {
        List<WeightsChoice.Candidate> candidates = new ArrayList<>();
        dicts.forEach(
                (key, tensors) -> candidates.add(new WeightsChoice.Candidate(key, new TreeSet<>(tensors.keySet()))));
        return candidates;
    }

    private void visit(String key, Object value, int depth) {
        if (depth > MAX_DEPTH || visited.size() >= MAX_VISITED || PickledTensor.looksLikeOne(value)) {
            return;
        }
        if (value instanceof Map<?, ?> dict && visited.add(value)) {
            visitItems(key, dict, depth);
        } else if (value instanceof PyObject object && visited.add(value)) {
            visitItems(key, object.items(), depth);
            object.state().ifPresent(state -> visit(key, state, depth + 1));
        } else if (value instanceof PyTuple tuple && visited.add(value)) {
            visitElements(key, tuple.items(), depth);
        } else if (value instanceof List<?> list && visited.add(value)) {
            visitElements(key, list, depth);
        }
    }

    private void visitItems(String key, Map<?, ?> dict, int depth) {
        Map<String, PyObject> tensors = new LinkedHashMap<>();
        dict.forEach((name, value) -> {
            if (name instanceof String text && PickledTensor.looksLikeOne(value)) {
                tensors.put(text, (PyObject) value);
            }
        });
        if (!tensors.isEmpty()) {
            found.putIfAbsent(key, Checkpoint.TensorNames.unwrapped(tensors));
        }
        dict.forEach((name, value) -> visit(below(key, name), value, depth + 1));
    }

    private void visitElements(String key, List<?> list, int depth) {
        for (int i = 0; i < list.size() && !(list.get(i) instanceof Number); i++) {
            visit(below(key, i), list.get(i), depth + 1);
        }
    }

    private static String below(String key, Object name) {
        String last = name.toString();
        String shown = last.length() > 100 ? last.substring(0, 100) : last;
        return key.isEmpty() ? shown : key + "." + shown;
    }
}
