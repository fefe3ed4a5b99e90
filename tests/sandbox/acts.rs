//! What a command cannot do, and what it can all the same.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use creel::protocol::sandbox::Network;

use crate::sandbox::{Yard, has, levels, name};
use crate::support::skipped;

/// Acts that must fail; none of these may leave anything.
const FORBIDDEN: &[&str] = &[
    "echo x > $OUT/x",
    "echo x >> $OUT/secret",
    "echo x > link/x",
    "sh -c 'sh -c \"echo x > $OUT/x\"'",
    "(setsid sh -c 'echo x > $OUT/x'); test -e $OUT/x",
    "mkdir $OUT/x",
    "ln -s / $OUT/x",
    "mv here $OUT/x",
    "mv $OUT/secret .",
    "ln $OUT/secret hard",
    "rm $OUT/secret",
    "cat $OUT/secret",
    "cat link/secret",
    "ls $OUT",
    "cat $HOME/.ssh/id",
    "cat $HOME/.netrc",
    "ls $HOME/.ssh | grep .",
    "cat $OWN/creel.db",
    "echo x > $HOME/.bashrc",
    "echo x > $HOME/docs/plan",
    "cat /etc/shadow",
    "cat /proc/$CREEL/environ",
    "ls -l /proc/$CREEL/fd/ && test -r /proc/$CREEL/fd/0",
    "cat /proc/$CREEL/root$OUT/secret",
    "kill -0 $CREEL",
    "kill -9 $CREEL",
    ": < /dev/tty",
    "echo x > /dev/kmsg",
    "mount -t tmpfs none /mnt",
    "echo x > /proc/sys/kernel/core_pattern",
    "chroot / true",
    "mknod device b 7 0 && cat device",
];

/// Acts of a program that can make any call: each is a line of Python that must raise, or answer less than nothing.
const CALLS: &[(&str, &str)] = &[
    (
        "TCP",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    ),
    (
        "TCP 6",
        "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    ),
    (
        "UDP",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    ),
    (
        "netlink",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    ),
    (
        "machine socket",
        "import socket; socket.socket(socket.AF_UNIX).connect(OUT + '/docker.sock')",
    ),
    (
        "abstract socket",
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0' + OUT)",
    ),
    ("io_uring", "call(425, 4, ctypes.create_string_buffer(120))"),
    (
        "ptrace",
        "call({'x86_64': 101, 'aarch64': 117}[m], 16, CREEL, 0, 0)",
    ),
    (
        "process_vm_readv",
        "call({'x86_64': 310, 'aarch64': 270}[m], CREEL, 0, 0, 0, 0, 0)",
    ),
    (
        "keyctl",
        "call({'x86_64': 250, 'aarch64': 219}[m], 0, -3, 0)",
    ),
    ("bpf", "call({'x86_64': 321, 'aarch64': 280}[m], 0, 0, 0)"),
    (
        "perf_event_open",
        "call({'x86_64': 298, 'aarch64': 241}[m], 0, 0, -1, -1, 0)",
    ),
    ("pidfd_getfd", "call(438, 0, 0, 0)"),
    ("open_tree", "call(428, -100, b'/', 1)"),
    ("typed input", "import fcntl; fcntl.ioctl(0, 0x5412, b'x')"),
];

const PRELUDE: &str = "\
import ctypes, os, platform
OUT, CREEL, m = os.environ['OUT'], int(os.environ['CREEL']), platform.machine()
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    assert libc.syscall(*words) >= 0, ctypes.get_errno()
";

#[test]
fn what_is_forbidden_fails_and_leaves_nothing() {
    for measured in levels("acts of a shell") {
        let yard = Yard::new(measured);
        for act in FORBIDDEN {
            let (code, told) = yard.run(act).unwrap();
            assert_ne!(
                code,
                0,
                "{}: `{act}` was done: {told}",
                name(&yard.measured)
            );
            assert!(!told.contains("KEY"), "`{act}` tells a key: {told}");
        }
        let left: Vec<_> = fs::read_dir(yard.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["secret"], "{}", name(&yard.measured));
        assert_eq!(fs::read_to_string(yard.path("out/secret")).unwrap(), "KEY");
        assert_eq!(
            fs::read_to_string(yard.path("home/docs/plan")).unwrap(),
            "a plan"
        );
        assert_eq!(fs::read_to_string(yard.path("work/here")).unwrap(), "here");
    }
}

#[test]
fn what_is_allowed_is_done() {
    for measured in levels("what is allowed") {
        let yard = Yard::new(measured);
        for (act, expected) in [
            ("echo x > new && cat new && rm new", "x"),
            (
                "mkdir -p a/b && mv here a/b/ && cat a/b/here && mv a/b/here .",
                "here",
            ),
            ("echo x > $TMPDIR/x && cat $TMPDIR/x", "x"),
            ("cat $HOME/docs/plan", "a plan"),
            ("echo x > /dev/null && head -c 3 /dev/zero | wc -c", "3"),
            ("cat; echo end", "end"),
            ("kill -0 $$ && (sleep 9 & kill $!) && echo own", "own"),
            // Nothing of Creel's own is open in it: the three, and the folder that is listed.
            ("ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3"),
            ("ulimit -c", "0"),
            ("[ -t 0 ] || echo none", "none"),
        ] {
            assert_eq!(yard.says(act), expected, "{}: {act}", name(&yard.measured));
        }
    }
}

#[test]
fn what_any_program_may_try_of_the_system_is_refused() {
    if !has("python3") {
        return skipped("calls of the system", "there is no python3");
    }
    for measured in levels("calls of the system") {
        let yard = Yard::new(measured);
        let _docker = UnixListener::bind(yard.path("out/docker.sock")).unwrap();
        for (what, act) in CALLS {
            fs::write(yard.path("work/act.py"), format!("{PRELUDE}{act}\n")).unwrap();
            let (code, told) = yard.run("/usr/bin/python3 act.py").unwrap();
            assert_ne!(code, 0, "{}: {what} was done", name(&yard.measured));
            let refused = ["Permission", "permitted", "AssertionError", "FileNotFound"];
            assert!(
                refused.iter().any(|word| told.contains(word)),
                "{what}: {told}"
            );
        }
        let pair = "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))";
        fs::write(yard.path("work/act.py"), pair).unwrap();
        assert_eq!(yard.says("/usr/bin/python3 act.py"), "b'x'");
    }
}

#[test]
fn the_network_is_there_only_where_it_is_given() {
    if !has("python3") {
        return skipped("the network", "there is no python3");
    }
    for measured in levels("the network") {
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        let mut yard = Yard::new(measured);
        let connects = format!(
            "import socket; socket.create_connection(('127.0.0.1', {port})); print('connected')"
        );
        fs::write(yard.path("work/act.py"), connects).unwrap();
        let (code, told) = yard.run("/usr/bin/python3 act.py").unwrap();
        assert!(code != 0 && told.contains("PermissionError"), "{told}");
        yard.network = Network::On;
        assert_eq!(yard.says("/usr/bin/python3 act.py"), "connected");
        // Still no agents and no services of this machine.
        fs::write(
            yard.path("work/act.py"),
            "import socket; socket.socket(socket.AF_UNIX)",
        )
        .unwrap();
        let (code, told) = yard.run("/usr/bin/python3 act.py").unwrap();
        assert!(code != 0 && told.contains("PermissionError"), "{told}");
    }
}

#[test]
fn what_decides_what_runs_later_is_guarded_by_namespaces() {
    let mut tried = false;
    for measured in levels("what is guarded") {
        let yard = Yard::new(measured);
        if name(&yard.measured) != "namespaces" {
            continue;
        }
        tried = true;
        fs::create_dir_all(yard.path("work/.git/hooks")).unwrap();
        let (code, told) = yard.run("echo x > .git/hooks/pre-commit").unwrap();
        assert!(code != 0 && told.contains("Read-only"), "{told}");
        assert_eq!(yard.says("echo x > /tmp/by-name; cat $TMPDIR/by-name"), "x");
        assert!(yard.path("tmp/by-name").is_file());
        let processes = yard
            .says("ls -d /proc/[0-9]* | wc -l")
            .parse::<u32>()
            .unwrap();
        assert!(processes < 10, "{processes} processes are seen");
    }
    if !tried {
        skipped("what is guarded", "there is no bubblewrap");
    }
}

/// Keys behind links, a root that holds what is Creel's own, and a cache that a command has led out of its root.
#[test]
fn no_link_and_no_root_opens_what_is_closed() {
    for measured in levels("links") {
        let mut yard = Yard::new(measured);
        yard.own = "work/own/state";
        let link = |target: &str, link: &str| {
            fs::create_dir_all(yard.path(link).parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(yard.path(target), yard.path(link)).unwrap();
        };
        fs::create_dir_all(yard.path("home/stow/aws")).unwrap();
        fs::write(yard.path("home/stow/aws/credentials"), "KEY").unwrap();
        link("home/stow/aws", "home/.aws");
        link("home", "home/go/pkg/mod");
        fs::create_dir_all(yard.path("work/own/state")).unwrap();
        fs::write(yard.path("work/own/state/log"), "KEY").unwrap();
        for act in [
            "cat $HOME/.aws/credentials",
            "cat $HOME/stow/aws/credentials",
            "echo x > $HOME/go/pkg/mod/x",
            "echo x > $HOME/.profile",
            "cat own/state/log",
            "echo x > own/state/x",
            "rm own/state/log",
            "mv own/state own/other",
        ] {
            let (code, told) = yard.run(act).unwrap();
            let name = name(&yard.measured);
            assert!(code != 0 && !told.contains("KEY"), "{name}: {act}: {told}");
        }
        assert!(yard.path("work/own/state/log").exists());
        assert_eq!(yard.says("echo x > here && cat here"), "x");
    }
}
