/**
 * {@code swinlake doctor}: does each thing that a job needs once, and says what to do where it fails. Start at {@link
 * io.swinlake.cli.doctor.Doctor}.
 */
package io.swinlake.cli.doctor;
