package io.swinlake.pickle;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a pickle of protocols 2 to 5 into data. It is Python's stack machine without its dangerous half: a GLOBAL is only
 * a name, and REDUCE, NEWOBJ and BUILD only write down what Python would call and with what. So nothing is looked up by a
 * name from the file and nothing in the file runs, whatever the names are; which of these values may mean something is
 * for the caller to say.
 *
 * <p>Python's values become: None {@link PyNone}; bool {@code Boolean}; int {@code Long} or {@code BigInteger}; float
 * {@code Double}; str {@code String}; bytes {@code byte[]}; tuple {@link PyTuple}; list and set {@code ArrayList}; dict
 * and OrderedDict {@code LinkedHashMap}, with a key that is no str as {@link PyKey}; a class or function {@link PyGlobal};
 * an instance or call {@link PyObject}; a persistent id {@link PyReference}. Values may contain themselves: walk them with
 * a limit.
 *
 * <p>Time and memory are bounded by {@link #MAX_INSTRUCTIONS} and the pickle's own length.
 */
public final class PickleReader {
    /** A state_dict has about 25 instructions a tensor, a log of losses one a number. */
    static final int MAX_INSTRUCTIONS = 4_000_000;

    /** Python's ints have no limit; the longest in a checkpoint, the magic number of the old format, has 10 bytes. */
    private static final int MAX_INT_BYTES = 1024;

    private static final PyGlobal ORDERED_DICT = new PyGlobal("collections", "OrderedDict");

    private final ByteBuffer in;
    private final int start;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private final List<PyReference> references = new ArrayList<>();
    private final Set<PyGlobal> globals = new LinkedHashSet<>();
    private int instruction;

    private PickleReader(ByteBuffer in) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.start = in.position();
    }

    /** Reads one pickle, from the buffer's position to its STOP, and leaves the position behind it. */
    public static Pickle read(ByteBuffer in) throws PickleException {
        PickleReader reader = new PickleReader(in);
        Object value = reader.run();
        return new Pickle(value, reader.references, reader.globals);
    }

    private Object run() throws PickleException {
        for (int count = 0; count < MAX_INSTRUCTIONS; count++) {
            instruction = in.position();
            int opcode = unsignedByte();
            if (count == 0 && opcode != Opcode.PROTO) {
                throw error("a pickle of protocol 2 or later begins with 0x80, found 0x%02x", opcode);
            }
            if (opcode == Opcode.STOP) {
                Object value = pop();
                if (!stack.isEmpty() || !marks.isEmpty()) {
                    throw error("the pickle stops with %d values left over", stack.size());
                }
                return value;
            }
            step(opcode);
        }
        throw error(
                "the pickle has more than %d instructions, a state_dict about 25 for each tensor", MAX_INSTRUCTIONS);
    }

    private void step(int opcode) throws PickleException {
        switch (opcode) {
            case Opcode.PROTO -> protocol();
            case Opcode.FRAME -> take(Long.BYTES); // only groups instructions for reading ahead

            case Opcode.NONE -> push(PyNone.NONE);
            case Opcode.NEWTRUE -> push(true);
            case Opcode.NEWFALSE -> push(false);
            case Opcode.BININT -> push((long) take(Integer.BYTES).getInt());
            case Opcode.BININT1 -> push((long) unsignedByte());
            case Opcode.BININT2 ->
                push((long) Short.toUnsignedInt(take(Short.BYTES).getShort()));
            case Opcode.LONG1 -> push(integer(unsignedByte()));
            case Opcode.LONG4 -> push(integer(length()));
            case Opcode.BINFLOAT ->
                push(take(Double.BYTES).order(ByteOrder.BIG_ENDIAN).getDouble());
            case Opcode.SHORT_BINUNICODE -> push(text(unsignedByte()));
            case Opcode.BINUNICODE -> push(text(length()));
            case Opcode.BINUNICODE8 -> push(text(longLength()));
            case Opcode.SHORT_BINSTRING -> push(text(unsignedByte())); // Python 2
            case Opcode.BINSTRING -> push(text(length()));
            case Opcode.SHORT_BINBYTES -> push(bytes(unsignedByte()));
            case Opcode.BINBYTES -> push(bytes(length()));
            case Opcode.BINBYTES8, Opcode.BYTEARRAY8 -> push(bytes(longLength()));

            case Opcode.POP -> discard();
            case Opcode.POP_MARK -> popToMark();
            case Opcode.DUP -> push(peek());
            case Opcode.MARK -> marks.add(stack.size());
            case Opcode.EMPTY_TUPLE -> push(PyTuple.EMPTY);
            case Opcode.TUPLE1 -> push(new PyTuple(popLast(1)));
            case Opcode.TUPLE2 -> push(new PyTuple(popLast(2)));
            case Opcode.TUPLE3 -> push(new PyTuple(popLast(3)));
            case Opcode.TUPLE -> push(new PyTuple(popToMark()));
            case Opcode.EMPTY_LIST, Opcode.EMPTY_SET -> push(new ArrayList<>());
            case Opcode.FROZENSET -> push(new ArrayList<>(popToMark()));
            case Opcode.APPEND -> append(popLast(1));
            case Opcode.APPENDS, Opcode.ADDITEMS -> append(popToMark());
            case Opcode.EMPTY_DICT -> push(new LinkedHashMap<>());
            case Opcode.SETITEM -> setItems(popLast(2));
            case Opcode.SETITEMS -> setItems(popToMark());

            case Opcode.BINPUT -> memo.put(unsignedByte(), peek());
            case Opcode.LONG_BINPUT -> memo.put(take(Integer.BYTES).getInt(), peek());
            case Opcode.MEMOIZE -> memo.put(memo.size(), peek());
            case Opcode.BINGET -> push(remembered(unsignedByte()));
            case Opcode.LONG_BINGET -> push(remembered(take(Integer.BYTES).getInt()));

            case Opcode.GLOBAL -> push(global(line(), line()));
            case Opcode.STACK_GLOBAL -> stackGlobal();
            case Opcode.REDUCE, Opcode.NEWOBJ -> call();
            case Opcode.NEWOBJ_EX -> callWithKeywords();
            case Opcode.BUILD -> build();
            case Opcode.BINPERSID -> reference();

            default ->
                throw error(
                        "instruction 0x%02x is none that torch.save writes; the pickle is damaged, or made to do harm",
                        opcode);
        }
    }

    private void protocol() throws PickleException {
        int version = unsignedByte();
        if (version < 2 || version > 5) {
            throw error("pickle protocols 2 to 5 are read, found %d", version);
        }
    }

    private PyGlobal global(String module, String name) {
        PyGlobal global = new PyGlobal(module, name);
        globals.add(global);
        return global;
    }

    private void stackGlobal() throws PickleException {
        List<Object> names = popLast(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
            throw error("STACK_GLOBAL needs two strings, a module and a name");
        }
        push(global(module, name));
    }

    private void call() throws PickleException {
        List<Object> call = popLast(2);
        if (!(call.get(1) instanceof PyTuple args)) {
            throw error("a call needs a class or function and a tuple of arguments");
        }
        Object callee = call.get(0);
        boolean isPlainDict = ORDERED_DICT.equals(callee) && args.size() == 0;
        push(isPlainDict ? new LinkedHashMap<>() : new PyObject(callee, args));
    }

    private void callWithKeywords() throws PickleException {
        List<Object> call = popLast(3);
        if (!(call.get(1) instanceof PyTuple args) || !(call.get(2) instanceof Map<?, ?>)) {
            throw error("a call needs a class, a tuple of arguments and a dict of named ones");
        }
        PyObject object = new PyObject(call.get(0), args);
        object.setState(call.get(2));
        push(object);
    }

    private void discard() throws PickleException {
        boolean isMark = !marks.isEmpty() && marks.get(marks.size() - 1) == stack.size();
        if (isMark) {
            marks.remove(marks.size() - 1);
        } else {
            pop();
        }
    }

    private void reference() throws PickleException {
        PyReference reference = new PyReference(pop());
        references.add(reference);
        push(reference);
    }

    private void build() throws PickleException {
        Object state = pop();
        Object target = peek();
        if (target instanceof PyObject object) {
            object.setState(state);
        } else if (!(target instanceof Map<?, ?>)) { // of an OrderedDict: its attributes, such as _metadata
            throw error("BUILD needs an object to give a state to");
        }
    }

    @SuppressWarnings("unchecked") // only this class makes lists, and of Object
    private void append(List<Object> items) throws PickleException {
        if (peek() instanceof ArrayList<?> list) {
            ((ArrayList<Object>) list).addAll(items);
        } else if (peek() instanceof PyObject object) {
            object.elements().addAll(items);
        } else {
            throw error("items are appended to something that is not a list");
        }
    }

    @SuppressWarnings("unchecked") // only this class makes maps, and of Object
    private void setItems(List<Object> items) throws PickleException {
        if (items.size() % 2 != 0) {
            throw error("SETITEMS has a key without a value");
        }
        Map<Object, Object> dict;
        if (peek() instanceof Map<?, ?> map) {
            dict = (Map<Object, Object>) map;
        } else if (peek() instanceof PyObject object) {
            dict = object.items();
        } else {
            throw error("items are set in something that is not a dict");
        }
        for (int i = 0; i < items.size(); i += 2) {
            dict.put(PyKey.of(items.get(i)), items.get(i + 1));
        }
    }

    private Object remembered(int index) throws PickleException {
        Object value = memo.get(index);
        if (value == null) {
            throw error("memo %s was never stored", Integer.toUnsignedString(index));
        }
        return value;
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() throws PickleException {
        return popLast(1).get(0);
    }

    private Object peek() throws PickleException {
        requireAboveMark(1);
        return stack.get(stack.size() - 1);
    }

    private List<Object> popLast(int count) throws PickleException {
        requireAboveMark(count);
        return popFrom(stack.size() - count);
    }

    private List<Object> popToMark() throws PickleException {
        if (marks.isEmpty()) {
            throw error("an instruction needs a MARK, and there is none");
        }
        return popFrom(marks.remove(marks.size() - 1));
    }

    private List<Object> popFrom(int index) {
        List<Object> top = stack.subList(index, stack.size());
        List<Object> values = new ArrayList<>(top);
        top.clear();
        return values;
    }

    private void requireAboveMark(int count) throws PickleException {
        int floor = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
        if (stack.size() - floor < count) {
            throw error("an instruction needs %d values, and the stack has %d", count, stack.size() - floor);
        }
    }

    private int unsignedByte() throws PickleException {
        return Byte.toUnsignedInt(take(1).get());
    }

    private int length() throws PickleException {
        int length = take(Integer.BYTES).getInt();
        if (length < 0) {
            throw error("a string of %s bytes, and the pickle has %d left", Integer.toUnsignedString(length), left());
        }
        return length;
    }

    private int longLength() throws PickleException {
        long length = take(Long.BYTES).getLong();
        if (length < 0 || length > left()) {
            throw error("a string of %s bytes, and the pickle has %d left", Long.toUnsignedString(length), left());
        }
        return (int) length;
    }

    private Object integer(int length) throws PickleException {
        if (length > MAX_INT_BYTES) {
            throw error("an integer of %d bytes; at most %d are read", length, MAX_INT_BYTES);
        }
        byte[] bigEndian = bytes(length);
        for (int i = 0; i < length / 2; i++) {
            byte swapped = bigEndian[i];
            bigEndian[i] = bigEndian[length - 1 - i];
            bigEndian[length - 1 - i] = swapped;
        }
        BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    /** What is no UTF-8, such as a Python 2 string of bytes or a file name, keeps its place but not its letters. */
    private String text(int length) throws PickleException {
        return StandardCharsets.UTF_8.decode(take(length)).toString();
    }

    private byte[] bytes(int length) throws PickleException {
        ByteBuffer source = take(length);
        byte[] copy = new byte[length];
        source.get(copy);
        return copy;
    }

    /** A line of a GLOBAL; longer than any real name is a damaged file. */
    private String line() throws PickleException {
        int from = in.position();
        for (int length = 0; length < 256; length++) {
            if (unsignedByte() == '\n') {
                ByteBuffer line = in.duplicate().position(from).limit(from + length);
                return StandardCharsets.UTF_8.decode(line).toString();
            }
        }
        throw error("a GLOBAL's name is longer than 255 bytes");
    }

    private ByteBuffer take(int length) throws PickleException {
        if (length > left()) {
            throw error("the pickle ends in the middle: %d more bytes are needed, %d are left", length, left());
        }
        ByteBuffer slice = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return slice;
    }

    private int left() {
        return in.remaining();
    }

    @FormatMethod
    private PickleException error(@FormatString String message, Object... args) {
        return new PickleException(instruction - start, message, args);
    }
}
