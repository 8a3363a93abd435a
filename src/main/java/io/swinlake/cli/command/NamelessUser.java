package io.swinlake.cli.command;

import com.sun.security.auth.module.UnixSystem;
import java.util.Optional;
import org.apache.hadoop.security.UserGroupInformation;

/** A user id without an entry in {@code /etc/passwd}, as containers run with: Hadoop's login wants a name and fails without. */
public final class NamelessUser {
    private NamelessUser() {}

    /** Logs in as {@code HADOOP_USER_NAME}, else by the number, where the system knows no name; before Hadoop does. */
    public static void giveName() {
        UnixSystem system = new UnixSystem();
        if (system.getUsername() == null) {
            UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser(
                    Optional.ofNullable(System.getenv("HADOOP_USER_NAME")).orElse("user" + system.getUid())));
        }
    }
}
