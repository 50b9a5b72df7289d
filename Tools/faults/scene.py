"""What Tools/fault-storm and Tools/outage share: a server with a repository on it, a proxy in front, mounts, an end.

Everything lives in one work folder. `close` ends what was started and unmounts what was mounted, whatever happened.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Trouble(Exception):
    """What keeps the tool from going on, in words for the person who started it."""


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def program_of(argument):
    """The chatark to test: as given, else what Tools/build built."""
    if argument:
        return os.path.abspath(argument)
    answer = subprocess.run([TOOLS + "/build", "--show"], capture_output=True, text=True)
    return os.path.join(answer.stdout.strip().splitlines()[-1], "chatark")


class Mount:
    """`chatark mount` in the foreground, so that its process and what it says are known."""

    def __init__(self, scene, place, arguments, environment):
        self.scene, self.place = scene, place
        self.log = open(os.path.join(scene.work, "mount.log"), "ab")
        self.process = subprocess.Popen(
            [scene.program, "mount", "-f", *arguments, place], stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, env=environment)

    def wait_until_there(self, seconds):
        """True once it is mounted; False when the program ended instead, which the log explains."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.path.ismount(self.place):
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        raise Trouble("the mount was not there after %d s" % seconds)

    def end(self, seconds=60):
        """True when it ended when asked to; otherwise it is made to."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
            clean = True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            clean = False
        if ismount(self.place):
            subprocess.run(["fusermount3", "-u", "-z", self.place], stderr=subprocess.DEVNULL)
        self.log.close()
        return clean


def ismount(place):
    with open("/proc/self/mounts") as file:
        return any(line.split(" ")[1] == place for line in file)


class Scene:
    def __init__(self, program, kind="rest", work=None):
        self.keep = work is not None
        self.work = os.path.abspath(work) if work else tempfile.mkdtemp(prefix="chatark-faults-")
        os.makedirs(self.work, exist_ok=True)
        self.kind, self.mounts, self.children = kind, [], []
        # A build that ends while we run must not change what is tested.
        self.program = self.path("chatark")
        shutil.copy2(program, self.program)
        with open(self.path("password"), "w") as file:
            file.write("correct horse battery staple\n")
        self.base = dict(os.environ, CHATARK_PASSWORD_FILE=self.path("password"), TZ="UTC",
                         RESTIC_PASSWORD_FILE=self.path("password"), RESTIC_CACHE_DIR=self.path("restic-cache"))
        for name in ("AWS_CA_BUNDLE", "http_proxy", "HTTP_PROXY"):
            self.base.pop(name, None)
        self.server_dir, self.proxy_dir = self.path("server"), self.path("proxy")
        self.start_server()
        self.proxy_url = self.server_tool("proxy", "start", self.proxy_dir, self.endpoint())["PROXY_URL"]

    def path(self, *names):
        return os.path.join(self.work, *names)

    # Servers ----------------------------------------------------------------------------------------------------------

    def server_tool(self, name, *arguments, owned=True):
        owner = {"SERVER_OWNER": str(os.getpid())} if owned else {}
        answer = subprocess.run([os.path.join(TOOLS, "servers", name), *arguments], capture_output=True, text=True,
                                env=dict(self.base, **owner), timeout=300)
        if answer.returncode != 0:
            raise Trouble("%s %s: %s" % (name, arguments[0], answer.stderr.strip()))
        return dict(re.findall(r"^export (\w+)=(.*)$", answer.stdout, re.M))

    def start_server(self, again=False):
        # Whoever ends the server with us was set on it at the first start, and one is enough.
        exports = self.server_tool(self.kind, "start", self.server_dir, owned=not again)
        self.base.update(exports)

    def kill_server(self):
        """As a power cut would: no process of the server gets to say goodbye."""
        folder = os.path.join(self.server_dir, "pids")
        for name in os.listdir(folder):
            if name == "follower":
                continue
            with open(os.path.join(folder, name)) as file:
                number = file.read().strip()
            with open("/proc/%s/cmdline" % number, "rb") as file:
                command = file.read()
            if self.server_dir.encode() in command:
                os.kill(int(number), signal.SIGKILL)

    def endpoint(self):
        address = self.base.get("S3_ENDPOINT") or self.base["REST_URL"]
        return "http://" + re.search(r"(?:@|//)([0-9.]+:\d+)", address.replace("u:p@", "")).group(1)

    def place(self, through_proxy):
        address = self.proxy_url if through_proxy else self.endpoint()
        if self.kind == "rest":
            return "rest:http://u:p@" + address.split("//")[1] + "/chats"
        return "s3:" + address + "/history-bucket/chats"

    def behave(self, **settings):
        self.server_tool("proxy", "set", self.proxy_dir, *("%s=%s" % pair for pair in settings.items()))

    # Programs ---------------------------------------------------------------------------------------------------------

    def environment(self, through_proxy=True, cache="cache"):
        place = self.place(through_proxy)
        return dict(self.base, CHATARK_REPOSITORY=place, RESTIC_REPOSITORY=place, CHATARK_CACHE_DIR=self.path(cache))

    def run(self, *command, through_proxy=True, cache="cache", timeout=1800):
        """(exit status, output, errors); the status is None when it had not ended in time and was killed."""
        command = [self.program if word == "chatark" else word for word in command]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                 text=True, env=self.environment(through_proxy, cache))
        self.children.append(child)
        try:
            output, errors = child.communicate(timeout=timeout)
            return child.returncode, output, errors
        except subprocess.TimeoutExpired:
            child.kill()
            return (None, *child.communicate())
        finally:
            self.children.remove(child)

    def must(self, *command, **options):
        status, output, errors = self.run(*command, **options)
        if status != 0:
            raise Trouble("'%s' ended with %s: %s" % (" ".join(command[:3]), status, (errors or output).strip()[-600:]))
        return output

    def mount(self, name, *arguments, through_proxy=True, cache="cache", seconds=300):
        """A mount, or None when the program said that it cannot."""
        place = self.path(name)
        os.makedirs(place, exist_ok=True)
        mount = Mount(self, place, arguments, self.environment(through_proxy, cache))
        self.mounts.append(mount)
        if mount.wait_until_there(seconds):
            return mount
        self.mounts.remove(mount)
        mount.end()
        return None

    def unmount(self, mount):
        clean = mount.end()
        self.mounts.remove(mount)
        return clean

    def close(self):
        for child in list(self.children):
            child.kill()
        for mount in list(self.mounts):
            mount.end(10)
        for name, folder in (("proxy", self.proxy_dir), (self.kind, self.server_dir)):
            subprocess.run([os.path.join(TOOLS, "servers", name), "stop", folder], capture_output=True)
        if not self.keep:
            shutil.rmtree(self.work, ignore_errors=True)


def interruptible(main):
    """Runs main; Ctrl-C and SIGTERM go through its `finally`."""
    def interrupt(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    try:
        status = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = 130
    except Trouble as trouble:
        print("%s: %s" % (os.path.basename(sys.argv[0]), trouble), file=sys.stderr)
        status = 1
    # A thread that hangs in a read must not keep us.
    os._exit(status)
