/**
 * Python's pickle format as data: {@link io.swinlake.pickle.PickleReader} reads what torch.save writes and calls nothing,
 * {@link io.swinlake.pickle.PickleWriter} writes what libtorch reads. Start at {@code PickleReader}.
 *
 * <p>Why a hostile pickle does no harm here: a pickle is a program whose only power is to name classes and functions and to
 * have them called. This reader has no table of names, looks up no class, by reflection or otherwise, and calls nothing;
 * what Python would call becomes a {@link io.swinlake.pickle.PyObject}, a note of the name and the arguments. The notes are
 * made of the JDK's lists and maps; keys are strings or compare by identity, so no hash is under the file's control. Each
 * instruction takes constant time or reads as many bytes as it has, and their number is bounded.
 */
package io.swinlake.pickle;
