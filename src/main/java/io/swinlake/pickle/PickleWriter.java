package io.swinlake.pickle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes a pickle of protocol 2, instruction by instruction, as libtorch reads it. Every method appends one value or
 * one step; the order is that of a stack machine:
 *
 * <pre>{@code
 * new PickleWriter().global("__torch__", "Swin").emptyTuple().newObject() // an instance
 *         .emptyDict().mark().string("training").bool(false).setItems()    // its attributes
 *         .build()
 *         .toBytes();
 * }</pre>
 */
public final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public PickleWriter() {
        out.write(Opcode.PROTO);
        out.write(2);
    }

    /** Pushes a class or function. */
    public PickleWriter global(String module, String name) {
        out.write(Opcode.GLOBAL);
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** Pushes None. */
    public PickleWriter none() {
        return op(Opcode.NONE);
    }

    /** Pushes True or False. */
    public PickleWriter bool(boolean value) {
        return op(value ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    }

    /** Pushes an int. */
    public PickleWriter integer(long value) {
        if (value == (int) value) {
            op(Opcode.BININT);
            out.writeBytes(littleEndian(Integer.BYTES).putInt((int) value).array());
        } else {
            op(Opcode.LONG1);
            out.write(Long.BYTES);
            out.writeBytes(littleEndian(Long.BYTES).putLong(value).array());
        }
        return this;
    }

    /** Pushes a float. */
    public PickleWriter real(double value) {
        op(Opcode.BINFLOAT);
        out.writeBytes(ByteBuffer.allocate(Double.BYTES).putDouble(value).array()); // big-endian, alone in the format
        return this;
    }

    /** Pushes a str. */
    public PickleWriter string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        op(Opcode.BINUNICODE);
        out.writeBytes(littleEndian(Integer.BYTES).putInt(utf8.length).array());
        out.writeBytes(utf8);
        return this;
    }

    /** Marks where the values of the next {@link #tuple}, {@link #appends} or {@link #setItems} begin. */
    public PickleWriter mark() {
        return op(Opcode.MARK);
    }

    /** Pushes {@code ()}. */
    public PickleWriter emptyTuple() {
        return op(Opcode.EMPTY_TUPLE);
    }

    /** Replaces the values since the mark by a tuple of them. */
    public PickleWriter tuple() {
        return op(Opcode.TUPLE);
    }

    /** Pushes {@code []}. */
    public PickleWriter emptyList() {
        return op(Opcode.EMPTY_LIST);
    }

    /** Appends the values since the mark to the list below it. */
    public PickleWriter appends() {
        return op(Opcode.APPENDS);
    }

    /** Pushes <code>{}</code>. */
    public PickleWriter emptyDict() {
        return op(Opcode.EMPTY_DICT);
    }

    /** Puts the values since the mark, key and value in turn, into the dict below it. */
    public PickleWriter setItems() {
        return op(Opcode.SETITEMS);
    }

    /** Replaces class and tuple of arguments by {@code cls.__new__(cls, *args)}. */
    public PickleWriter newObject() {
        return op(Opcode.NEWOBJ);
    }

    /** Replaces function and tuple of arguments by {@code function(*args)}. */
    public PickleWriter reduce() {
        return op(Opcode.REDUCE);
    }

    /** Gives the value on top to the object below it, as its state. */
    public PickleWriter build() {
        return op(Opcode.BUILD);
    }

    /** Replaces the value on top by what its persistent id stands for. */
    public PickleWriter persistentId() {
        return op(Opcode.BINPERSID);
    }

    /** The finished pickle of the one value that is left. */
    public byte[] toBytes() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(out.size() + 1);
        whole.writeBytes(out.toByteArray());
        whole.write(Opcode.STOP);
        return whole.toByteArray();
    }

    private PickleWriter op(int opcode) {
        out.write(opcode);
        return this;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
