package io.swinlake;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.FieldVisitor;
import org.apache.xbean.asm9.Handle;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;
import org.apache.xbean.asm9.Type;

/**
 * What the JVM would find out one call at a time: whether all that our classes name in others' is there, as the Java Virtual
 * Machine Specification's chapter 5.4.3 looks for it, and whether our classes still implement and override what they did.
 */
public final class LinkCheck implements AutoCloseable {
    private static final Path OURS = Path.of("target", "classes");

    /** In our jar, or for the compiler only: the same on every Spark. */
    private static final Pattern SHIPPED =
            Pattern.compile("(ai/djl|picocli|com/google/gson|com/google/errorprone|com/luciad/imageio)/.*");

    private final Map<String, JarFile> jarOf = new HashMap<>();
    private final List<JarFile> open = new ArrayList<>();
    private final Map<String, Optional<Found>> classes = new HashMap<>();

    /** A method or field as bytecode names it. */
    private record Member(String name, String descriptor) {
        @Override
        public String toString() {
            return name + descriptor;
        }
    }

    private static final class Found {
        private int access;
        private String name = "";
        private final List<String> parents = new ArrayList<>(); // the superclass first
        private final Map<Member, Integer> members = new LinkedHashMap<>();

        boolean isInterface() {
            return (access & Opcodes.ACC_INTERFACE) != 0;
        }

        boolean isOurs() {
            return name.startsWith("io/swinlake/");
        }
    }

    /** @param jars of a Spark */
    public LinkCheck(List<Path> jars) throws IOException {
        for (Path jar : jars) {
            JarFile file = new JarFile(jar.toFile());
            open.add(file);
            file.stream()
                    .filter(entry -> entry.getName().endsWith(".class"))
                    .forEach(entry -> jarOf.putIfAbsent(entry.getName(), file));
        }
    }

    /** What is broken, a line each; and how much was looked at. */
    public record Result(int references, Set<String> broken, Set<String> overrides) {}

    public Result run() throws IOException {
        Set<String> references = new TreeSet<>();
        Set<String> broken = new TreeSet<>();
        Set<String> overrides = new TreeSet<>();
        try (Stream<Path> files = Files.walk(OURS)) {
            for (Path file :
                    files.filter(some -> some.toString().endsWith(".class")).toList()) {
                ClassReader reader = new ClassReader(Files.readAllBytes(file));
                reader.accept(new References(reader.getClassName(), references, broken), 0);
                Found ours = find(reader.getClassName()).orElseThrow();
                if ((ours.access & Opcodes.ACC_ABSTRACT) == 0) {
                    unimplemented(ours).forEach(method -> broken.add(ours.name + " does not implement " + method));
                }
                ours.members.keySet().stream()
                        .filter(method -> overrides(ours, method))
                        .forEach(method -> overrides.add(ours.name + "." + method.name));
            }
        }
        return new Result(references.size(), broken, overrides);
    }

    /** Every constant of a class that has to be found when it is used. */
    private final class References extends ClassVisitor {
        private final String from;
        private final Set<String> references;
        private final Set<String> broken;

        References(String from, Set<String> references, Set<String> broken) {
            super(Opcodes.ASM9);
            this.from = from;
            this.references = references;
            this.broken = broken;
        }

        private void type(String name) {
            if (!name.startsWith("[")
                    && !isTheSameEverywhere(name)
                    && references.add(name)
                    && find(name).isEmpty()) {
                broken.add(from + " names the class " + name);
            }
        }

        private void types(Type... all) {
            for (Type type : all) {
                Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
                if (element.getSort() == Type.OBJECT) {
                    type(element.getInternalName());
                }
            }
        }

        private void member(String owner, Member member, boolean isStatic, Optional<Boolean> isInterface) {
            if (owner.startsWith("[") || isTheSameEverywhere(owner)) {
                return;
            }
            type(owner);
            Optional<Found> start = find(owner);
            if (start.isEmpty()) {
                return;
            }
            boolean isFirst = references.add(owner + "." + member);
            Optional<Integer> access = lookUp(start.get(), member);
            if (access.isEmpty()) {
                broken.add("%s names %s.%s".formatted(from, owner, member));
            } else if (isFirst) {
                if (((access.get() & Opcodes.ACC_STATIC) != 0) != isStatic) {
                    broken.add(
                            "%s names %s.%s, which is%s static".formatted(from, owner, member, isStatic ? " not" : ""));
                }
                if (!start.get().isOurs() && (access.get() & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) == 0) {
                    broken.add("%s names %s.%s, which is not public".formatted(from, owner, member));
                }
            }
            if (isInterface.isPresent() && isInterface.get() != start.get().isInterface()) {
                broken.add("%s takes %s for %s".formatted(from, owner, isInterface.get() ? "an interface" : "a class"));
            }
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            type(parent);
            for (String some : interfaces) {
                type(some);
            }
        }

        @Override
        public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
            types(Type.getType(descriptor));
            return null;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            types(Type.getReturnType(descriptor));
            types(Type.getArgumentTypes(descriptor));
            return new MethodVisitor(Opcodes.ASM9) {
                @Override
                public void visitTypeInsn(int opcode, String type) {
                    types(Type.getObjectType(type));
                }

                @Override
                public void visitFieldInsn(int opcode, String owner, String field, String type) {
                    boolean isStatic = opcode == Opcodes.GETSTATIC || opcode == Opcodes.PUTSTATIC;
                    member(owner, new Member(field, type), isStatic, Optional.empty());
                }

                @Override
                public void visitMethodInsn(int opcode, String owner, String method, String type, boolean isInterface) {
                    member(owner, new Member(method, type), opcode == Opcodes.INVOKESTATIC, Optional.of(isInterface));
                }

                @Override
                public void visitInvokeDynamicInsn(String method, String type, Handle bootstrap, Object... arguments) {
                    types(Type.getArgumentTypes(type));
                    types(Type.getReturnType(type));
                    if (bootstrap.getOwner().equals("java/lang/invoke/LambdaMetafactory")) {
                        String single = Type.getReturnType(type).getInternalName();
                        String descriptor = ((Type) arguments[0]).getDescriptor();
                        member(single, new Member(method, descriptor), false, Optional.of(true));
                    }
                    for (Object argument : arguments) {
                        if (argument instanceof Handle handle && handle.getTag() >= Opcodes.H_INVOKEVIRTUAL) {
                            member(
                                    handle.getOwner(),
                                    new Member(handle.getName(), handle.getDesc()),
                                    handle.getTag() == Opcodes.H_INVOKESTATIC,
                                    Optional.of(handle.isInterface()));
                        }
                    }
                }

                @Override
                public void visitLdcInsn(Object value) {
                    if (value instanceof Type type) {
                        types(type);
                    }
                }
            };
        }
    }

    private static boolean isTheSameEverywhere(String name) {
        return SHIPPED.matcher(name).matches() || ofJava(name) != null;
    }

    private static InputStream ofJava(String name) {
        return ClassLoader.getPlatformClassLoader().getResourceAsStream(name + ".class");
    }

    private Optional<Found> find(String name) {
        return classes.computeIfAbsent(name, some -> {
            try (InputStream bytes = open(some + ".class")) {
                return bytes == null ? Optional.empty() : Optional.of(read(bytes));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private InputStream open(String entry) throws IOException {
        if (Files.exists(OURS.resolve(entry))) {
            return Files.newInputStream(OURS.resolve(entry));
        }
        JarFile jar = jarOf.get(entry);
        return jar == null ? ofJava(entry.replace(".class", "")) : jar.getInputStream(jar.getEntry(entry));
    }

    private static Found read(InputStream bytes) throws IOException {
        Found found = new Found();
        new ClassReader(bytes)
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public void visit(
                                    int version,
                                    int access,
                                    String name,
                                    String signature,
                                    String parent,
                                    String[] all) {
                                found.access = access;
                                found.name = name;
                                if (parent != null) {
                                    found.parents.add(parent);
                                }
                                found.parents.addAll(List.of(all));
                            }

                            @Override
                            public FieldVisitor visitField(
                                    int access, String name, String descriptor, String signature, Object value) {
                                found.members.put(new Member(name, descriptor), access);
                                return null;
                            }

                            @Override
                            public MethodVisitor visitMethod(
                                    int access, String name, String descriptor, String signature, String[] exceptions) {
                                found.members.put(new Member(name, descriptor), access);
                                return null;
                            }
                        },
                        ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
        return found;
    }

    /** Access flags of a member, in the class or what it inherits; a superclass comes before an interface. */
    private Optional<Integer> lookUp(Found start, Member member) {
        Integer here = start.members.get(member);
        if (here != null) {
            return Optional.of(here);
        }
        return start.parents.stream()
                .flatMap(parent -> find(parent).stream())
                .flatMap(parent -> lookUp(parent, member).stream())
                .findFirst();
    }

    /** Abstract methods of what a class inherits that neither it nor anything it inherits has a body for. */
    private Set<String> unimplemented(Found concrete) {
        Map<Member, String> wanted = new LinkedHashMap<>();
        Set<Member> bodies = new HashSet<>();
        collect(concrete, wanted, bodies, new HashSet<>());
        wanted.keySet().removeAll(bodies);
        Set<String> missing = new TreeSet<>();
        wanted.forEach((member, owner) -> missing.add(owner + "." + member));
        return missing;
    }

    private void collect(Found some, Map<Member, String> wanted, Set<Member> bodies, Set<String> seen) {
        if (seen.add(some.name)) {
            some.members.forEach((member, access) -> {
                if (member.descriptor.startsWith("(")) {
                    if ((access & Opcodes.ACC_ABSTRACT) == 0) {
                        bodies.add(member);
                    } else {
                        wanted.putIfAbsent(member, some.name);
                    }
                }
            });
            some.parents.forEach(parent -> find(parent).ifPresent(found -> collect(found, wanted, bodies, seen)));
        }
    }

    /** Whether a method of ours stands in for one of another's, other than Java's. */
    private boolean overrides(Found ours, Member method) {
        return method.descriptor.startsWith("(")
                && !method.name.startsWith("<")
                && (ours.members.get(method) & (Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) == 0
                && ours.parents.stream()
                        .flatMap(parent -> find(parent).stream())
                        .anyMatch(parent -> isInherited(parent, method));
    }

    private boolean isInherited(Found some, Member method) {
        Integer access = some.members.get(method);
        boolean isHere = access != null && (access & (Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) == 0;
        return (isHere && !some.isOurs() && !isTheSameEverywhere(some.name))
                || some.parents.stream()
                        .flatMap(parent -> find(parent).stream())
                        .anyMatch(parent -> isInherited(parent, method));
    }

    @Override
    public void close() throws IOException {
        for (JarFile jar : open) {
            jar.close();
        }
    }
}
