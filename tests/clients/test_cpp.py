"""The C++ client: built and installed by CMake, the document's samples, the conformance cases, and no leak under valgrind."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.conformance import assert_conforms
from tests.clients.conftest import CLIENTS, OWNER, Site, skip_without
from tests.clients.samples import sample, with_id

pytestmark = skip_without(
    "cmake",
    "make",
    "g++",
    "valgrind",
    files=("/usr/include/nlohmann/json.hpp", "/usr/include/x86_64-linux-gnu/curl/curl.h"),
    packages="cmake g++ make valgrind libcurl4-openssl-dev nlohmann-json3-dev",
)

# The samples' comments say where the app's own lines go: there they report.
OWN_LINES = {
    "// 获取单个会话成功": 'report("success", 0, conversation.showName);',
    "// 获取多个会话成功": 'report("success", static_cast<int>(conversationList.Size()), "");',
    "// 获取单个会话失败": 'report("failure", error_code, error_message);',
    "// 获取多个会话失败": 'report("failure", error_code, error_message);',
}
MAIN = """
#include <imsite/v2tim.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>

std::mutex mutex;
std::condition_variable changed;
int reports = 0;

void report(const char* what, int number, const V2TIMString& text) {
    std::lock_guard<std::mutex> lock(mutex);
    std::printf("%s %d %s\\n", what, number, text.CString());
    ++reports;
    changed.notify_all();
}

SAMPLES

int main(int, char** arguments) {
    if (arguments[3]) {
        V2TIMManager::GetInstance()->Connect(arguments[1], arguments[2], arguments[3]);
    } else {
        V2TIMManager::GetInstance()->Connect(arguments[1], arguments[2]);
    }
    void (*samples[])() = {RUNS};
    int expected = 0;
    for (auto sample : samples) {
        sample();
        std::unique_lock<std::mutex> lock(mutex);
        ++expected;
        changed.wait(lock, [&] { return reports == expected; });
    }
    PRINTED
    V2TIMManager::GetInstance()->Disconnect();
}
"""
# A program of an app, which finds the client by CMake as installed.
APP_CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(app CXX)
find_package(imsite_client 1 REQUIRED)
add_executable(app main.cpp)
target_link_libraries(app PRIVATE imsite::client)
"""


def sample_in(namespace: str, text: str) -> str:
    """A sample's class, and its lines in a function beside it: C++ has no templates inside functions."""
    head, body = text.split("};\n\n", 1)
    return f"namespace {namespace} {{\n{head}}};\n\nvoid run() {{\n{body}}}\n}}\n"


def app_source() -> str:
    samples, runs, printed = [], [], []
    for name in ("get_conversation", "get_conversation_list"):
        text = sample(name, "cpp")
        samples.append(sample_in(f"{name}_as_printed", text))
        printed.append(f"{name}_as_printed::run();")
        for line, own in OWN_LINES.items():
            text = text.replace(line, own)
        for variant, conversation_id in (("found", "c2c_bob"), ("unknown", "c2c_nobody"), ("malformed", "conversationID")):
            samples.append(sample_in(f"{name}_{variant}", with_id(text, conversation_id)))
            runs.append(f"{name}_{variant}::run")
    source = MAIN.replace("SAMPLES", "\n".join(samples)).replace("RUNS", ", ".join(runs))
    return source.replace("PRINTED", "\n    ".join(printed))


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(pytestconfig: pytest.Config) -> Path:
    """The client, its testee and an app; compiled again only where sources have changed since the last run."""
    folder = pytestconfig.cache.mkdir("clients-cpp")
    options = (
        "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_UNITY_BUILD=ON",
        "-DIMSITE_BUILD_TESTEE=ON",
        f"-DCMAKE_INSTALL_PREFIX={folder / 'installed'}",
    )
    run("cmake", "-S", CLIENTS / "cpp", "-B", folder / "build", *options)
    run("cmake", "--build", folder / "build", "--parallel", "2")
    run("cmake", "--install", folder / "build")
    app = folder / "app"
    app.mkdir(exist_ok=True)
    source = app_source()
    if not (app / "main.cpp").exists() or (app / "main.cpp").read_text() != source:
        (app / "main.cpp").write_text(source)
    (app / "CMakeLists.txt").write_text(APP_CMAKE)
    run("cmake", "-S", app, "-B", app / "build", f"-DCMAKE_PREFIX_PATH={folder / 'installed'}", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", app / "build")
    return folder


def valgrind(*command: str | Path) -> list[str]:
    return ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=99", *(str(part) for part in command)]


def test_the_samples_of_the_document_without_a_leak(built: Path, site: Site):
    lines = run(*valgrind(built / "app" / "build" / "app", site.url, site.usersig)).splitlines()

    assert lines[0] == "success 0 Bob"
    assert lines[1].startswith("failure 6004 ")
    assert lines[2].startswith("failure 6017 ")
    assert "c2c_" in lines[2]
    assert lines[3:5] == ["success 1 ", "success 0 "]
    assert lines[5].startswith("failure 6017 ")
    assert "c2c_" in lines[5]


def test_a_service_key_with_a_user(built: Path, site: Site):
    lines = run(built / "app" / "build" / "app", site.url, site.key, OWNER).splitlines()

    assert lines[0] == "success 0 Bob"


def test_the_conformance_cases_without_a_leak(built: Path, site: Site):
    assert_conforms(site, valgrind(built / "build" / "testee"))


def test_names_of_our_own_beside_the_real_sdk(tmp_path: Path):
    """The real SDK has its names outside any namespace; a program may use both."""
    (tmp_path / "both.cpp").write_text("""
        #include <imsite/V2TIMManager.h>
        class V2TIMManager { public: static int GetInstance() { return 1; } };
        struct V2TIMString {};
        int both() { return V2TIMManager::GetInstance() + (imsite::V2TIMManager::GetInstance() != nullptr); }
    """)

    for standard in ("c++17", "c++20"):
        run(
            "g++",
            f"-std={standard}",
            "-I",
            CLIENTS / "cpp" / "include",
            "-fsyntax-only",
            "-Wall",
            "-Werror",
            tmp_path / "both.cpp",
        )


def test_u8_literals_of_both_standards(tmp_path: Path):
    (tmp_path / "text.cpp").write_text('#include <imsite/v2tim.h>\nV2TIMString text = u8"你好";\n')

    for standard in ("c++17", "c++20"):
        run("g++", f"-std={standard}", "-I", CLIENTS / "cpp" / "include", "-fsyntax-only", tmp_path / "text.cpp")
