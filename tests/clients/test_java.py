"""The Java client: the document's samples, the conformance cases, and where callbacks run."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.conformance import assert_conforms
from tests.clients.conftest import CLIENTS, OWNER, Site, skip_without
from tests.clients.samples import sample, with_id

JSON_JAR = "/usr/share/java/com.android.json.jar"  # Android's own org.json
pytestmark = skip_without("javac", "java", files=(JSON_JAR,), packages="default-jdk-headless libandroid-json-java")

SAMPLE = """
import imsite.sdk.v2.*;
import java.util.ArrayList;
import java.util.List;

class {name} {{
    static void run() {{
        {sample}
    }}
}}
"""
# What the samples have on Android.
LOG = """
import java.util.concurrent.*;

public class Log {
    static final BlockingQueue<String> LINES = new LinkedBlockingQueue<>();

    static void i(String tag, String text) {
        LINES.add(Thread.currentThread().getName() + ": " + text);
    }
}
"""
# Runs one sample after another.
MAIN = """
import imsite.sdk.v2.*;
import java.util.concurrent.*;

public class Main {
    public static void main(String[] args) throws Exception {
        if (args.length == 3) {
            V2TIMManager.connect(args[0], args[1], args[2]);
        } else {
            V2TIMManager.connect(args[0], args[1]);
        }
        Runnable[] samples = {RUNS};
        for (Runnable sample : samples) {
            sample.run();
            System.out.println(Log.LINES.poll(20, TimeUnit.SECONDS));
        }
    }
}
"""
LOOPER = """
package android.os;

public class Looper {
    public static Looper getMainLooper() {
        return new Looper();
    }
}
"""
HANDLER = """
package android.os;

public class Handler {
    public Handler(Looper looper) {}

    public final boolean post(Runnable task) {
        new Thread(task, "main").start();
        return true;
    }
}
"""


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client and its testee, the samples as printed and with IDs, and Android's Looper in a folder of its own."""
    folder = tmp_path_factory.mktemp("java")
    variants = {"AsPrinted": None, "Found": "c2c_bob", "Unknown": "c2c_nobody"}
    runs = []
    for number, name in enumerate(("get_conversation", "get_conversation_list")):
        for variant, conversation_id in variants.items():
            text = sample(name, "java") if conversation_id is None else with_id(sample(name, "java"), conversation_id)
            (folder / f"{variant}{number}.java").write_text(SAMPLE.format(name=f"{variant}{number}", sample=text))
            runs.append(f"{variant}{number}::run")
    (folder / "Log.java").write_text(LOG)
    (folder / "Main.java").write_text(MAIN.replace("RUNS", ", ".join(runs)))
    compile_java(folder / "classes", [*(CLIENTS / "java" / "src").rglob("*.java"), *folder.glob("*.java")])
    (folder / "Looper.java").write_text(LOOPER)
    (folder / "Handler.java").write_text(HANDLER)
    compile_java(folder / "android", [folder / "Looper.java", folder / "Handler.java"])
    return folder


def compile_java(into: Path, sources: list[Path]) -> None:
    command = ["javac", "--release", "8", "-Xlint:all,-options", "-Werror", "-cp", JSON_JAR, "-d", into, *sources]
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr


def run_samples(classes: Path, *arguments: str, android: bool = False) -> list[str]:
    """What each sample logged, with its thread: as printed, with a known and with an unknown ID; one, then several."""
    path = f"{classes / 'classes'}:{JSON_JAR}" + (f":{classes / 'android'}" if android else "")
    done = subprocess.run(["java", "-cp", path, "Main", *arguments], capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr
    return done.stdout.splitlines()


def test_the_samples_of_the_document(classes: Path, site: Site):
    printed, found, unknown, printed_list, found_list, unknown_list = run_samples(classes, site.url, site.usersig)

    assert printed.startswith("imsite-callback: failure, code:6017, desc:")
    assert "c2c_" in printed
    assert found == "imsite-callback: success"
    assert unknown.startswith("imsite-callback: failure, code:6004, desc:")
    assert printed_list.startswith("imsite-callback: failure, code:6017, desc:")
    assert "c2c_" in printed_list
    assert (found_list, unknown_list) == ("imsite-callback: success", "imsite-callback: success")


def test_callbacks_run_on_the_main_looper_where_there_is_one(classes: Path, site: Site):
    lines = run_samples(classes, site.url, site.key, OWNER, android=True)

    assert {line.partition(":")[0] for line in lines} == {"main"}
    assert lines[1] == "main: success"


def test_the_conformance_cases(classes: Path, site: Site):
    path = f"{classes / 'classes'}:{JSON_JAR}"

    assert_conforms(site, ["java", "-cp", path, "imsite.conformance.Testee"])
