/**
 * Python's pickle format as data: {@link io.swinlake.pickle.PickleReader} reads what torch.save writes and calls nothing,
 * {@link io.swinlake.pickle.PickleWriter} writes what libtorch reads. Start at {@code PickleReader}.
 */
package io.swinlake.pickle;
