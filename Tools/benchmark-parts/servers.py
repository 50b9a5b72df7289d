"""Who is compared by Tools/benchmark: how each one stores the tree, and how it is mounted."""
import os
import shutil
import signal
import subprocess
import time

PASSWORD = "correct horse battery staple"


class Failed(Exception):
    """A command that failed or took too long; the words say which."""


def command(words, limit, cwd=None, env=None, output=None, accept=(0,)):
    """Runs it, and ends all of it when it takes more than `limit` seconds or when this program is interrupted."""
    words = [str(word) for word in words]
    try:
        process = subprocess.Popen(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output or subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        raise Failed(f"'{words[0]}' does not start: {error.strerror}")
    try:
        _, complaint = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"more than {limit:.0f} s")
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode not in accept:
        last = complaint.decode(errors="replace").strip().split("\n")[-1]
        raise Failed(f"'{' '.join(words)[:60]}' ended with {process.returncode}: {last[:200]}")


def bytes_below(folder):
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(folder) for name in names)


class Server:
    """Somebody who shows the tree. The folder `kept` holds what is prepared once."""
    name, title, needs = "", "", ()
    counts = False  # prints its requests by kind at its end
    backs_up = False

    def __init__(self, bench):
        self.bench, self.kept = bench, bench.path("kept", self.name)
        self.mountpoint, self.process = bench.path("mnt", self.name), None

    def missing(self):
        return [tool for tool in self.needs if not shutil.which(tool)]

    def prepare(self):
        """Makes what is mounted, once."""

    def environment(self, folder):
        return None

    def end_sessions(self):
        """Takes back what opened repositories without their passwords."""

    # Mounting

    def words(self):
        """The command that mounts and stays in the foreground."""
        raise NotImplementedError

    def root(self):
        """Where the tree's conversations/ and media/ are while it is mounted."""
        return self.mountpoint

    def start(self):
        """Mounts, and is back when `ls conversations` has answered: the seconds until then."""
        os.makedirs(self.mountpoint, exist_ok=True)
        with open(self.mountpoint + ".out", "wb") as out, open(self.mountpoint + ".err", "wb") as err:
            self.begin = time.monotonic()
            self.process = subprocess.Popen([str(word) for word in self.words()], env=self.environment(self.kept),
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        self.wait_until(lambda: os.path.ismount(self.mountpoint))
        command(["ls", os.path.join(self.root(), "conversations")], self.bench.limit)
        return time.monotonic() - self.begin

    def wait_until(self, condition):
        deadline = time.monotonic() + self.bench.limit
        while not condition():
            if self.process.poll() is not None:
                raise Failed(f"{self.title} does not mount: {open(self.mountpoint + '.err').read().strip()[-200:]}")
            if time.monotonic() > deadline:
                raise Failed(f"mounting took more than {self.bench.limit:.0f} s")
            time.sleep(0.002)

    def peak_memory(self):
        """The most memory that the server has had, in bytes."""
        if self.process is None:
            return None
        try:
            with open(f"/proc/{self.process.pid}/status") as lines:
                for line in lines:
                    if line.startswith("VmHWM"):
                        return int(line.split()[1]) * 1024
        except FileNotFoundError:
            pass
        return None

    def stop(self):
        """Unmounts and ends the server; what it printed."""
        if os.path.ismount(self.mountpoint):
            self.unmount([])
        if self.process is None:
            return ""
        process, self.process = self.process, None
        for end in (lambda: None, process.terminate, process.kill):
            end()
            try:
                process.wait(timeout=20)
                break
            except subprocess.TimeoutExpired:
                self.unmount(["-z"])
        with open(self.mountpoint + ".out") as out:
            return out.read()

    def unmount(self, options):
        for _ in range(20):
            if subprocess.run(["fusermount3", "-u", *options, self.mountpoint], stderr=subprocess.DEVNULL).returncode == 0:
                return
            if not os.path.ismount(self.mountpoint):
                return
            time.sleep(0.1)
        if not options:
            self.unmount(["-z"])

    # Backing up, for those who do

    def make_repository(self, folder):
        """An empty repository in the folder."""

    def backup(self, folder, source):
        """The words that back `source` up into the folder's repository."""
        raise NotImplementedError

    def run_backup(self, folder, source):
        command(self.backup(folder, source), self.bench.limit, cwd=source, env=self.environment(folder))

    def text_only(self, folder):
        """Stores the messages without media in the folder; the bytes that it takes."""
        os.makedirs(folder)
        self.make_repository(folder)
        command(self.backup(folder, self.bench.tree, text_only=True), self.bench.limit, cwd=self.bench.tree,
                env=self.environment(folder))
        return bytes_below(os.path.join(folder, "repository"))

    def prepare_repository(self, source):
        if os.path.exists(self.kept):
            return
        unfinished = self.kept + ".new"
        shutil.rmtree(unfinished, ignore_errors=True)
        os.makedirs(unfinished)
        self.make_repository(unfinished)
        self.run_backup(unfinished, source)
        os.rename(unfinished, self.kept)


class Chatark(Server):
    name, title, counts, backs_up = "chatark", "chatark", True, True

    def __init__(self, bench):
        super().__init__(bench)
        self.sessions = {}

    def environment(self, folder):
        repository = os.path.join(folder, "repository")
        words = os.environ | {
            "CHATARK_PASSWORD": PASSWORD, "CHATARK_REPOSITORY": repository,
            "CHATARK_CACHE_DIR": os.path.join(folder, "cache"), "XDG_CACHE_HOME": os.path.join(folder, "cache"),
            "TZ": "Asia/Shanghai"}
        # Not of one that is still to be renamed: a session goes by the place.
        stays = not folder.endswith(".new") and os.path.exists(repository + "/config")
        if self.bench.options.session and stays and repository not in self.sessions:
            self.sessions[repository] = words
            command([self.bench.program, "session", "begin", "--quiet"], self.bench.limit, env=words)
        return words

    def end_sessions(self):
        for words in self.sessions.values():
            command([self.bench.program, "session", "end", "--quiet"], self.bench.limit, env=words)
        self.sessions = {}

    def prepare(self):
        self.prepare_repository(self.bench.path("history/all"))

    def make_repository(self, folder):
        command([self.bench.program, "init"], self.bench.limit, env=self.environment(folder))

    def backup(self, folder, source):
        return [self.bench.program, "backup", "--quiet", source]

    def text_only(self, folder):
        os.makedirs(folder)
        self.make_repository(folder)
        self.run_backup(folder, self.bench.path("history/text"))
        return bytes_below(os.path.join(folder, "repository"))

    def words(self):
        return [self.bench.program, "mount", "--foreground", "--json", "--snapshot", "latest", self.mountpoint]


class Restic(Server):
    name, title, needs, backs_up = "restic", "restic", ("restic",), True

    def environment(self, folder):
        return os.environ | {
            "RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": os.path.join(folder, "repository"),
            "RESTIC_CACHE_DIR": os.path.join(folder, "cache"), "TZ": "Asia/Shanghai"}

    def prepare(self):
        self.prepare_repository(self.bench.tree)

    def make_repository(self, folder):
        command(["restic", "init", "--quiet"], self.bench.limit, env=self.environment(folder))

    def backup(self, folder, source, text_only=False):
        left_out = ["--exclude", "*.jpg", "--exclude", "*.mp4"] if text_only else []
        return ["restic", "backup", "--quiet", *left_out, "conversations"] + ([] if text_only else ["media"])

    def source_alone(self, folder):
        """What the JSON Lines of the text messages take by themselves."""
        os.makedirs(folder)
        self.make_repository(folder)
        command(["restic", "backup", "--quiet", "history.jsonl"], self.bench.limit, cwd=self.bench.path("history/text"),
                env=self.environment(folder))
        return bytes_below(os.path.join(folder, "repository"))

    def words(self):
        return ["restic", "mount", self.mountpoint]

    def root(self):
        return os.path.join(self.mountpoint, "snapshots/latest")


class Borg(Server):
    name, title, needs, backs_up = "borg", "borg", ("borg",), True

    def environment(self, folder):
        return os.environ | {
            "BORG_PASSPHRASE": PASSWORD, "BORG_REPO": os.path.join(folder, "repository"),
            "BORG_BASE_DIR": os.path.join(folder, "home"), "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "TZ": "Asia/Shanghai"}

    def prepare(self):
        self.prepare_repository(self.bench.tree)

    def make_repository(self, folder):
        command(["borg", "init", "--encryption", "repokey"], self.bench.limit, env=self.environment(folder))

    def backup(self, folder, source, text_only=False):
        left_out = ["--exclude", "*.jpg", "--exclude", "*.mp4"] if text_only else []
        return ["borg", "create", "--compression", "zstd", *left_out, "::{now:%Y-%m-%dT%H:%M:%S.%f}", "conversations"] + (
            [] if text_only else ["media"])

    def words(self):
        return ["borg", "mount", "--foreground", "--last", "1", os.path.join(self.kept, "repository"), self.mountpoint]

    def root(self):
        names = os.listdir(self.mountpoint)
        return os.path.join(self.mountpoint, names[0]) if names else self.mountpoint


class SquashfsImage(Server):
    """The image, which two servers share."""
    def prepare(self):
        self.kept = self.bench.path("kept/squashfs")
        if not os.path.exists(self.image()):
            os.makedirs(self.kept, exist_ok=True)
            command(self.make(self.image() + ".new"), self.bench.limit)
            os.rename(self.image() + ".new", self.image())

    def image(self):
        return os.path.join(self.kept, "image")

    def make(self, image, *more):
        return ["mksquashfs", self.bench.tree, image, "-comp", "zstd", "-no-progress", "-quiet", "-noappend", *more]


class Squashfuse(SquashfsImage):
    name, title, needs = "squashfuse", "squashfuse_ll", ("mksquashfs", "squashfuse_ll")
    backs_up = "first"  # an image is made anew every time

    def words(self):
        return ["squashfuse_ll", "-f", self.image(), self.mountpoint]

    def backup(self, folder, source):
        return self.make(os.path.join(folder, "repository"))

    def text_only(self, folder):
        os.makedirs(folder)
        image = os.path.join(folder, "image")
        command(self.make(image, "-wildcards", "-e", "media", "... *.jpg", "... *.mp4"), self.bench.limit)
        return os.path.getsize(image)


class KernelSquashfs(SquashfsImage):
    name, title, needs = "squashfs", "kernel squashfs", ("mksquashfs", "mount")

    def start(self):
        os.makedirs(self.mountpoint, exist_ok=True)
        begin = time.monotonic()
        command(["mount", "-t", "squashfs", "-o", "loop,ro", self.image(), self.mountpoint], self.bench.limit)
        command(["ls", os.path.join(self.root(), "conversations")], self.bench.limit)
        return time.monotonic() - begin

    def unmount(self, options):
        for _ in range(50):
            if subprocess.run(["umount", self.mountpoint], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        subprocess.run(["umount", "-l", self.mountpoint], check=False)


class Floor(Server):
    name, title, needs, counts = "floor", "the floor (C)", ("gcc", "pkg-config"), True

    def prepare(self):
        self.binary = self.bench.path("floor")
        source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "floor.c")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], stdout=subprocess.PIPE, text=True).stdout.split()
        if not flags:
            raise Failed("libfuse3's headers are not installed")
        command(["gcc", "-O2", "-o", self.binary, source, *flags], self.bench.limit)

    def words(self):
        return [self.binary, self.bench.tree, self.mountpoint]

    def wait_until(self, condition):
        """Loading the tree is no part of mounting."""
        super().wait_until(lambda: os.path.getsize(self.mountpoint + ".out") > 0)
        self.begin = time.monotonic()
        super().wait_until(condition)


class Plain(Server):
    name = "plain"

    def __init__(self, bench):
        super().__init__(bench)
        kind = subprocess.run(["stat", "-f", "-c", "%T", bench.path()], stdout=subprocess.PIPE, text=True).stdout.strip()
        self.title = "plain " + {"ext2/ext3": "ext4"}.get(kind, kind)

    def root(self):
        return self.bench.tree

    def start(self):
        begin = time.monotonic()
        command(["ls", os.path.join(self.root(), "conversations")], self.bench.limit)
        return time.monotonic() - begin

    def stop(self):
        return ""

    def text_only(self, folder):
        """What its texts take on the disk, in whole blocks."""
        return sum(os.lstat(os.path.join(place, name)).st_blocks * 512
                   for place, _, names in os.walk(os.path.join(self.bench.tree, "conversations"))
                   for name in names if name.endswith(".txt"))


ALL = [Chatark, Restic, Borg, Squashfuse, KernelSquashfs, Plain, Floor]
