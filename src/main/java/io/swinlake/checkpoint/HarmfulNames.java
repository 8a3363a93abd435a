package io.swinlake.checkpoint;

import io.swinlake.pickle.PyGlobal;
import java.util.Set;

/**
 * Functions by which a pickle takes over whoever loads it with Python. Here they are names like any other and do nothing;
 * a file that has one is refused all the same, since its owner should know. This is advice: safety does not rest on it.
 */
final class HarmfulNames {
    private static final Set<String> MODULES = Set.of(
            "os",
            "posix",
            "nt",
            "subprocess",
            "pty",
            "runpy",
            "shutil",
            "socket",
            "importlib",
            "webbrowser",
            "commands");

    private static final Set<String> BUILTINS = Set.of("eval", "exec", "execfile", "compile", "__import__", "open");

    private HarmfulNames() {}

    static void refuse(String location, Set<PyGlobal> globals) {
        for (PyGlobal global : globals) {
            boolean isBuiltin =
                    global.module().equals("builtins") || global.module().equals("__builtin__");
            boolean isPath = global.module().equals("os") && global.name().startsWith("PathLike");
            if ((MODULES.contains(global.module()) && !isPath) || (isBuiltin && BUILTINS.contains(global.name()))) {
                throw new CheckpointException(
                        "%s: asks Python to call %s, which no weights need: treat this file as hostile, and do not load it"
                                + " with torch.load.",
                        location, Printable.of(global.toString()));
            }
        }
    }
}
