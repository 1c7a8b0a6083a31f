//! What a command sees and reaches.

use std::net::TcpListener;
use std::path::Path;

use opensail_commands::ports::sandbox::{Sandbox, SandboxEnd, SandboxError};
use opensail_workers::outside::sandbox::{Destination, Gate, proxy_command};

use super::{Bench, is_root};

#[tokio::test]
async fn the_report_names_the_isolation_and_the_rung() {
    let report = Bench::new().sandbox.report().await;
    let isolation = report.isolation.expect("commands can be isolated here");
    assert!(isolation.contains("bubblewrap"), "{isolation}");
    assert!(["cgroup2", "cgroup1", "systemd-scope", "rlimits"].contains(&report.limits.as_str()));
}

#[tokio::test]
async fn a_command_works_in_the_project_and_leaves_its_files_there() {
    let bench = Bench::new();
    assert_eq!(bench.ok("echo hello > greeting; pwd; cat greeting").await, format!("{}\nhello\n", bench.project().display()));
    assert_eq!(std::fs::read_to_string(bench.project().join("greeting")).expect("written"), "hello\n");
}

#[tokio::test]
async fn nothing_of_the_host_is_seen() {
    let bench = Bench::new();
    let home = bench.home();
    bench.refused("cat /etc/shadow").await;
    bench.refused("ls /sys/kernel").await;
    bench.refused("ls /root").await;
    bench.refused("ls /var/lib").await;
    bench.refused("cat /etc/ssl/private/*").await;
    for file in ["vault.db", "projects/other/notes", ".ssh/id_ed25519"] {
        assert!(home.join(file).exists());
        bench.refused(&format!("cat '{}'", home.join(file).display())).await;
    }
    let seen = bench.ok(&format!("ls -A '{0}' '{0}/projects'", home.display())).await;
    assert!(!seen.contains("vault") && !seen.contains("other") && !seen.contains(".ssh"), "{seen}");
    let processes = bench.ok("ls /proc | grep -c '^[0-9]'").await;
    assert!(processes.trim().parse::<u32>().expect("a number") <= 6, "{processes}");
}

#[tokio::test]
async fn hidden_folders_within_a_project_are_covered() {
    let bench = Bench::with(|folder, settings| {
        let inner = folder.join("home/projects/own/.vault");
        std::fs::create_dir_all(&inner).expect("a folder");
        std::fs::write(inner.join("key"), "secret").expect("a file");
        settings.hidden.push(inner);
    });
    assert_eq!(bench.ok("ls -A .vault").await, "");
    bench.refused("touch .vault/x").await;
    assert!(bench.project().join(".vault/key").exists());
}

#[tokio::test]
async fn nothing_is_written_outside_the_project() {
    let bench = Bench::new();
    for place in ["/x", "/usr/x", "/etc/x", "/dev/x", "/proc/sys/kernel/hostname", "/home/x", "/run/x"] {
        bench.refused(&format!("echo y > {place}")).await;
    }
    // The empty folders above the project are the command's own, in memory; the host's are not touched.
    bench.sh(&format!("echo y > '{}/x'", bench.home().display())).await;
    assert!(!bench.home().join("x").exists());
    bench.ok("echo y > /tmp/x && echo y > ~/x && echo y > /dev/shm/x && echo y > /var/tmp/z").await;
    assert!(!Path::new("/tmp/z").exists());
    bench.refused("cat /tmp/x").await;
}

#[tokio::test]
async fn a_project_read_only_is_read_only() {
    let bench = Bench::new();
    std::fs::write(bench.project().join("a"), "b").expect("a file");
    let request = |command: &str| {
        let mut request = bench.shell(command);
        request.read_only = true;
        request
    };
    assert_eq!(bench.run(request("cat a")).await.stdout, "b");
    assert_ne!(bench.run(request("echo c > a")).await.outcome.end, SandboxEnd::Exited(0));
}

#[tokio::test]
async fn readable_folders_are_seen_and_not_written() {
    let bench = Bench::with(|folder, settings| {
        std::fs::create_dir_all(folder.join("shared")).expect("a folder");
        std::fs::write(folder.join("shared/tool"), "t").expect("a file");
        settings.read = vec![folder.join("shared"), folder.join("missing")];
    });
    let shared = bench.folder.path().join("shared");
    assert_eq!(bench.ok(&format!("cat '{}/tool'", shared.display())).await, "t");
    bench.refused(&format!("echo x > '{}/tool'", shared.display())).await;
}

#[tokio::test]
async fn the_kernels_switches_are_out_of_reach() {
    let bench = Bench::new();
    let before = std::fs::read_to_string("/proc/sys/kernel/core_pattern").expect("read");
    bench.refused("echo '|/bin/false' > /proc/sys/kernel/core_pattern").await;
    bench.refused("echo b > /proc/sysrq-trigger").await;
    bench.refused("echo 1 > /sys/kernel/x").await;
    for file in ["kcore", "kmsg", "kpagecount", "slabinfo", "vmallocinfo"] {
        bench.refused(&format!("head -c 1 /proc/{file}")).await;
    }
    assert_eq!(std::fs::read_to_string("/proc/sys/kernel/core_pattern").expect("read"), before);
    let capabilities = bench.ok("grep -E '^Cap|^NoNewPrivs|^Seccomp:' /proc/self/status | tr -s '\\t' ' '").await;
    for line in ["CapEff: 0000000000000000", "CapBnd: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"] {
        assert!(capabilities.contains(line), "{capabilities}");
    }
}

#[tokio::test]
async fn the_network_is_out_of_reach() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    std::net::TcpStream::connect(("127.0.0.1", port)).expect("the host reaches it");
    bench.refused(&format!("bash -c 'echo x > /dev/tcp/127.0.0.1/{port}'")).await;
    bench.refused("getent hosts example.com").await;
    bench.refused("cat /etc/resolv.conf").await;
    let cards = bench.ok("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").await;
    assert!(cards.lines().all(|card| card == "lo" || card.ends_with('0')), "{cards}");
}

/// git gets to the gate's destination, by whatever name and path it is called; nothing else is reached, not even the same machine by another
/// name or port.
#[tokio::test]
async fn a_gate_is_the_only_way_out() {
    let bench = Bench::new();
    let (listener, other) = (TcpListener::bind("127.0.0.1:0").expect("a listener"), TcpListener::bind("127.0.0.1:0").expect("a listener"));
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let (to, not) = (port(&listener), port(&other));
    let destination = Destination { host: "git.test".into(), port: to, addresses: vec!["127.0.0.1".parse().expect("an address")] };
    let gate = Gate::open(destination).expect("a gate");
    // A server that speaks no TLS: what matters is who knocks.
    let knocks = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut first = [0];
        std::io::Read::read_exact(&mut stream, &mut first).expect("a byte");
        first[0]
    });
    let script = format!(
        "git clone -q https://git.test:{to}/a.git a 2>&1; git clone -q https://git.test:{not}/a.git b 2>&1; \
         git clone -q https://127.0.0.1:{to}/a.git c 2>&1; \
         for port in {to} {not}; do bash -c \"echo x > /dev/tcp/127.0.0.1/$port\" 2>/dev/null && echo direct; done; cat /etc/resolv.conf; \
         {} git.test {not} 2>&1; exit 3",
        proxy_command().replace(" %h %p", "")
    );
    let mut request = bench.shell(&script);
    request.network = Some(gate.socket());
    // The program under test is large while it is not optimised.
    let ran = bench.run(request).await;
    assert_eq!(ran.outcome.end, SandboxEnd::Exited(3), "the command's own end is told: {}{}", ran.stdout, ran.stderr);
    assert_eq!(knocks.join().expect("no panic"), 0x16, "git's TLS handshake came through");
    assert_eq!(ran.stdout.matches("CONNECT tunnel failed, response 403").count(), 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("403 Forbidden"), "ssh's command is held as well: {}", ran.stdout);
    assert!(!ran.stdout.contains("direct"), "{}", ran.stdout);
    other.set_nonblocking(true).expect("set");
    assert!(other.accept().is_err(), "nobody came to the other port");

    let mut request = bench.shell("true");
    request.network = Some("/etc/passwd".into());
    assert!(bench.try_run(request).await.is_err(), "only a gate is a way out");
}

#[tokio::test]
async fn the_environment_is_cleared() {
    let bench = Bench::new();
    let mut request = bench.shell("env | sort; cat /proc/1/environ | tr '\\0' '\\n'; id -un");
    request.env = vec![("GREETING".into(), "two words = one".into())];
    let seen = bench.run(request).await.stdout;
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() || std::env::var_os("PATH").is_some());
    assert!(!seen.contains("CARGO") && !seen.contains("RUST"), "{seen}");
    for line in ["GREETING=two words = one", "HOME=/home/agent", "TERM=dumb", "LANG=C.UTF-8", "agent"] {
        assert!(seen.lines().any(|each| each == line), "{seen}");
    }
}

#[tokio::test]
async fn descriptors_of_the_server_stay_with_it() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    // As one that a careless parent of the server left open.
    rustix::io::fcntl_setfd(secret.as_file(), rustix::io::FdFlags::empty()).expect("no close on exec");
    let bench = Bench::new();
    let seen = bench.ok("ls -l /proc/self/fd /proc/1/fd").await;
    assert!(!seen.contains(&secret.path().display().to_string()), "{seen}");
    assert!(!seen.contains("memfd") && !seen.contains("socket:"), "{seen}");
}

#[tokio::test]
async fn dangerous_system_calls_are_refused() {
    let bench = Bench::new();
    bench.refused("unshare -U true").await;
    bench.refused("unshare -m true").await;
    bench.refused("mount -t tmpfs none /tmp").await;
    bench.refused("nsenter -t 1 -m true").await;
    bench.refused("chroot / true").await;
    bench.refused("mknod /tmp/disk b 8 0").await;
    bench.ok("setsid true; sleep 0.01 & wait").await;
}

/// Calls that no ordinary program makes, through Perl's `syscall` (perl-base belongs to every Debian).
#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn rare_system_calls_are_refused() {
    let bench = Bench::new();
    let calls = [
        ("keyctl", format!("{}, 0, -3, 1", libc::SYS_keyctl), libc::EPERM),
        ("add_key", format!("{}, 0, 0, 0, 0, 0", libc::SYS_add_key), libc::EPERM),
        ("bpf", format!("{}, 0, 0, 0", libc::SYS_bpf), libc::EPERM),
        ("perf_event_open", format!("{}, 0, 0, 0, 0, 0", libc::SYS_perf_event_open), libc::EPERM),
        ("userfaultfd", format!("{}, 0", libc::SYS_userfaultfd), libc::EPERM),
        ("io_uring_setup", format!("{}, 1, 0", libc::SYS_io_uring_setup), libc::EPERM),
        ("open_by_handle_at", format!("{}, 0, 0, 0", libc::SYS_open_by_handle_at), libc::EPERM),
        ("clone with a user namespace", format!("{}, {}, 0, 0, 0, 0", libc::SYS_clone, libc::CLONE_NEWUSER), libc::EPERM),
        ("clone3", format!("{}, 0, 0", libc::SYS_clone3), libc::ENOSYS),
        ("TIOCSTI", format!("{}, 0, {}, 0", libc::SYS_ioctl, libc::TIOCSTI), libc::EPERM),
        ("vsock", format!("{}, 40, 1, 0", libc::SYS_socket), libc::EPERM),
        ("af_alg", format!("{}, 38, 5, 0", libc::SYS_socket), libc::EPERM),
        ("pivot_root", format!("{}, 0, 0", libc::SYS_pivot_root), libc::EPERM),
        ("kexec_load", format!("{}, 0, 0, 0, 0", libc::SYS_kexec_load), libc::EPERM),
        ("init_module", format!("{}, 0, 0, 0", libc::SYS_init_module), libc::EPERM),
    ];
    for (name, arguments, errno) in calls {
        let answer = bench.ok(&format!("perl -e 'my $r = syscall({arguments}); print $r, \" \", $!+0'")).await;
        assert_eq!(answer, format!("-1 {errno}"), "{name}");
    }
}

#[tokio::test]
async fn devices_in_a_project_are_dead() {
    if !is_root() {
        return;
    }
    let bench = Bench::new();
    let device = bench.project().join("zero");
    let kind = rustix::fs::FileType::CharacterDevice;
    let number = rustix::fs::makedev(1, 5);
    rustix::fs::mknodat(rustix::fs::CWD, &device, kind, 0o666.into(), number).expect("a device");
    bench.refused("head -c 1 zero").await;
    assert_eq!(bench.ok("head -c 1 /dev/zero | wc -c").await.trim(), "1");
    assert_eq!(bench.ok("ls /dev/kvm /dev/vda /dev/mem /dev/tty0 2>/dev/null | wc -l").await.trim(), "0");
}

#[tokio::test]
async fn unusual_project_paths_work() {
    let bench = Bench::new();
    for name in ["with space", "quote'\"$x", "new\nline", "ünïcödé 船", "--bind", "-c"] {
        let project = bench.home().join("projects").join(name);
        std::fs::create_dir_all(project.join("inner dir")).expect("a folder");
        let mut request = bench.shell("echo x > made; basename \"$PWD\"");
        request.project_root = project.clone();
        request.cwd = "inner dir".into();
        let ran = bench.run(request).await;
        assert_eq!(ran.stdout, "inner dir\n", "{name}: {}", ran.stderr);
        assert!(project.join("inner dir/made").exists(), "{name}");
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_a_reason() {
    let bench = Bench::new();
    type Breakage = fn(&mut opensail_commands::ports::sandbox::SandboxRequest);
    let broken: [(&str, Breakage); 7] = [
        ("NUL", |request| request.argv[2] = "echo\0--bind\0/\0/".into()),
        ("NUL", |request| request.env = vec![("A".into(), "b\0c".into())]),
        ("proper name", |request| request.env = vec![("A=B".into(), "c".into())]),
        ("No such file", |request| request.project_root = "/nowhere".into()),
        ("never shown", |request| request.project_root = "/".into()),
        ("never shown", |request| request.project_root = "/etc".into()),
        ("relative", |request| request.cwd = "../other".into()),
    ];
    for (reason, change) in broken {
        let mut request = bench.shell("true");
        change(&mut request);
        let answer = bench.try_run(request).await.map(|ran| ran.outcome);
        assert!(matches!(&answer, Err(SandboxError::Failed(why)) if why.contains(reason)), "{reason}: {answer:?}");
    }
    let mut request = bench.shell("true");
    request.project_root = bench.home();
    assert!(bench.try_run(request).await.is_err(), "the server's own folder is no project");
    let mut request = bench.shell("true");
    request.argv = vec!["no-such-program".into()];
    let answer = bench.try_run(request).await.map(|ran| ran.outcome);
    assert!(matches!(&answer, Err(SandboxError::Failed(why)) if why.contains("no-such-program")), "{answer:?}");
}
