"""The Objective-C client with GNUstep: the document's samples and the conformance cases; and that Apple's branch compiles."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conformance import assert_conforms
from tests.clients.conftest import CLIENTS, OWNER, Site, skip_without
from tests.clients.samples import sample, with_id

pytestmark = skip_without(
    "clang",
    "gcc",
    "gnustep-config",
    files=("/usr/include/Block.h",),
    packages="clang gcc gobjc libgnustep-base-dev libblocksruntime-dev",
)

SOURCES = CLIENTS / "objc" / "Sources" / "ImsiteClient"
# The samples' comments say where the app's own lines go: there they report.
OWN_LINES = {
    "// 获取成功，返回 V2TIMConversation 对象": 'report("success", 0, conv.showName);',
    "// 获取成功，list 中包含 V2TIMConversation 对象": 'report("success", (int)[list count], @"");',
    "// 获取失败": 'report("failure", code, desc);',
}
MAIN = """
#import <ImsiteClient/V2TIM.h>

static NSCondition *changed;
static int reports = 0;

static void report(const char *what, int number, NSString *text) {
    [changed lock];
    printf("%s %d %s\\n", what, number, [text UTF8String]);
    ++reports;
    [changed broadcast];
    [changed unlock];
}

SAMPLES

int main(int count, char **arguments) {
    @autoreleasepool {
        changed = [[NSCondition alloc] init];
        NSString *server = [NSString stringWithUTF8String:arguments[1]];
        NSString *credential = [NSString stringWithUTF8String:arguments[2]];
        if (count > 3) {
            NSString *userID = [NSString stringWithUTF8String:arguments[3]];
            [V2TIMManager.sharedInstance connect:server serviceKey:credential userID:userID];
        } else {
            [V2TIMManager.sharedInstance connect:server credential:credential];
        }
        void (*samples[])(void) = {RUNS};
        for (int n = 0; n < (int)(sizeof samples / sizeof *samples); ++n) {
            samples[n]();
            [changed lock];
            while (reports <= n) {
                [changed wait];
            }
            [changed unlock];
        }
        PRINTED
    }
    return 0;
}
"""
# Of Apple's frameworks, what the client needs and GNUstep's headers do not declare.
APPLE = """
@interface NSURLSessionConfiguration (Apple)
+ (NSURLSessionConfiguration *)ephemeralSessionConfiguration;
@property NSTimeInterval timeoutIntervalForResource;
@end

@interface NSURLSession (Apple)
+ (NSURLSession *)sessionWithConfiguration:(NSURLSessionConfiguration *)configuration;
- (NSURLSessionDataTask *)dataTaskWithRequest:(NSURLRequest *)request
                            completionHandler:(void (^)(NSData *, NSURLResponse *, NSError *))handler;
@end

typedef long dispatch_once_t;
typedef NSObject *dispatch_semaphore_t;
#define DISPATCH_TIME_FOREVER (~0ull)
void dispatch_once(dispatch_once_t *once, void (^block)(void));
dispatch_semaphore_t dispatch_semaphore_create(long value);
long dispatch_semaphore_signal(dispatch_semaphore_t semaphore);
long dispatch_semaphore_wait(dispatch_semaphore_t semaphore, unsigned long long timeout);
"""


def app_source() -> str:
    samples, runs, printed = [], [], []
    for name in ("get_conversation", "get_conversation_list"):
        text = sample(name, "m")
        samples.append(f"static void {name}_as_printed(void) {{\n{text}\n}}\n")
        printed.append(f"{name}_as_printed();")
        for line, own in OWN_LINES.items():
            text = text.replace(line, own)
        for variant, conversation_id in (("found", "c2c_bob"), ("unknown", "c2c_nobody"), ("malformed", "conversationID")):
            samples.append(f"static void {name}_{variant}(void) {{\n{with_id(text, conversation_id)}\n}}\n")
            runs.append(f"{name}_{variant}")
    source = MAIN.replace("SAMPLES", "\n".join(samples)).replace("RUNS", ", ".join(runs))
    return source.replace("PRINTED", "\n        ".join(printed))


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def flags(folder: Path) -> list[str]:
    """Debian's clang needs the headers of gcc's Objective-C runtime, and GNUstep's headers an empty blocks_runtime.h."""
    (folder / "objc").mkdir(exist_ok=True)
    (folder / "objc" / "blocks_runtime.h").touch()
    headers = Path(run("gcc", "-print-file-name=include/objc/objc.h").strip()).parents[1]
    gnustep = [flag for flag in shlex.split(run("gnustep-config", "--objc-flags")) if flag not in ("-MMD", "-MP")]
    # GNUstep's headers say nothing of what may be nil.
    warnings = ["-Wall", "-Werror", "-Wno-nullability-completeness", "-Qunused-arguments"]
    return ["-fblocks", f"-I{folder}", *gnustep, "-idirafter", str(headers), f"-I{SOURCES / 'include'}", *warnings]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app of the samples, and the testee."""
    folder = tmp_path_factory.mktemp("objc")
    (folder / "main.m").write_text(app_source())
    runtime = f"-L{Path(run('gcc', '-print-file-name=libobjc.so').strip()).parent}"
    libraries = ["-lBlocksRuntime", *shlex.split(run("gnustep-config", "--base-libs")), runtime]
    command = ["clang", "-fobjc-runtime=gcc", *flags(folder)]
    for source in SOURCES.glob("*.m"):
        run(*command, "-O0", "-c", source, "-o", folder / f"{source.stem}.o")
    objects = list(folder.glob("*.o"))
    run(*command, folder / "main.m", *objects, "-o", folder / "app", *libraries)
    run(*command, CLIENTS / "objc" / "Conformance" / "testee.m", *objects, "-o", folder / "testee", *libraries)
    return folder


def test_the_samples_of_the_document(built: Path, site: Site):
    lines = run(built / "app", site.url, site.usersig).splitlines()

    assert lines[0] == "success 0 Bob"
    assert lines[1].startswith("failure 6004 ")
    assert lines[2].startswith("failure 6017 ")
    assert "c2c_" in lines[2]
    assert lines[3:5] == ["success 1 ", "success 0 "]
    assert lines[5].startswith("failure 6017 ")
    assert "c2c_" in lines[5]


def test_a_service_key_with_a_user(built: Path, site: Site):
    assert run(built / "app", site.url, site.key, OWNER).splitlines()[0] == "success 0 Bob"


def test_the_conformance_cases(built: Path, site: Site):
    assert_conforms(site, [str(built / "testee")])


@pytest.mark.parametrize("memory", ["-fobjc-arc", "-fno-objc-arc"])
def test_the_branch_for_apple_compiles(tmp_path: Path, memory: str):
    """With GNUstep's declaration of NSURLSession, which its library does not have here, and of the little that is missing."""
    headers = Path(run("gcc", "-print-file-name=include/objc/objc.h").strip()).parent
    shutil.copytree(headers, tmp_path / "objc")
    runtime = (tmp_path / "objc" / "runtime.h").read_text()  # it was not written for automatic reference counting
    runtime = runtime.replace("return object->class_pointer;", "return Nil;").replace("Protocol **", "void *")
    (tmp_path / "objc" / "runtime.h").write_text(runtime)
    session = Path("/usr/include/GNUstep/Foundation/NSURLSession.h").read_text()
    session = session.replace("__NSURLSession_h_GNUSTEP_BASE_INCLUDE", "TEST_SESSION")
    session = session.replace("#if GS_HAVE_NSURLSESSION", "#if 1")
    (tmp_path / "session.h").write_text(session)
    (tmp_path / "apple.h").write_text(APPLE)
    includes = ["-include", "Foundation/Foundation.h", "-include", tmp_path / "session.h", "-include", tmp_path / "apple.h"]

    for source in SOURCES.glob("*.m"):
        options = [*flags(tmp_path), memory, "-fobjc-runtime=gnustep-2.0", "-DIMS_APPLE=1", *includes]
        run("clang", *options, "-fsyntax-only", source)
