# Steps a program in gdb and prints, for every stop, each frame's registers and the integers and pointers among its variables.
import gdb, json

REGISTERS = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"]


def number(value):
    """The value as an unsigned number; None: not an integer or pointer; 'lost': optimised out."""
    try:
        if value.is_optimized_out:
            return "lost"
        kind = value.type.strip_typedefs()
        if kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_BOOL):
            return str(int(value) & ((1 << (8 * kind.sizeof)) - 1))
    except gdb.error as error:
        return "error " + str(error)
    return None


def frame_facts(frame):
    variables = []
    try:
        block = frame.block()
    except RuntimeError:
        return None
    while block is not None:
        for symbol in block:
            if symbol.is_argument or symbol.is_variable or symbol.addr_class == gdb.SYMBOL_LOC_OPTIMIZED_OUT:
                variables.append([symbol.name, number(symbol.value(frame))])
        if block.function is not None:
            break
        block = block.superblock
    registers = {}
    for name in REGISTERS:
        value = frame.read_register(name)
        registers[name] = None if value.is_optimized_out else str(int(value) & 0xFFFFFFFFFFFFFFFF)
    return {
        "function": frame.name(),
        "inlined": frame.type() == gdb.INLINE_FRAME,
        "pc": str(frame.pc()),
        "registers": registers,
        "variables": variables,
        "line": frame.find_sal().line,
    }


def ours(frame, only):
    """Whether the frame is of the program itself, and of a function whose name starts so."""
    table = frame.find_sal().symtab
    return table is not None and table.objfile.filename == gdb.objfiles()[0].filename and (frame.name() or "").startswith(only)


def program_sections():
    """Name to start and end, as loaded, of the program's own sections."""
    found = {}
    for line in gdb.execute("info files", to_string=True).split("\n"):
        words = line.split()
        if " is ." in line and " in /" not in line and words[4] not in found:
            found[words[4]] = (int(words[0], 16), int(words[2], 16))
    return found


def walk(places, steps, only=""):
    gdb.execute("set pagination off")
    gdb.execute("set disable-randomization on")
    # Go's preemption signal would stop a step at a random place.
    gdb.execute("handle SIGURG nostop noprint pass", to_string=True)
    gdb.execute("set environment GODEBUG asyncpreemptoff=1")
    for place in places:
        gdb.Breakpoint(place)
    gdb.execute("run > /dev/null", to_string=True)
    gdb.execute("set scheduler-locking step")
    sections = program_sections()
    stops = []
    inferior = gdb.selected_inferior()
    for _ in range(steps):
        frames = []
        frame = gdb.newest_frame()
        while frame is not None and len(frames) < 4:
            facts = frame_facts(frame) if ours(frame, only) else None
            if facts is None:
                break
            frames.append(facts)
            frame = frame.older()
        sp = int(gdb.newest_frame().read_register("rsp")) & 0xFFFFFFFFFFFFFFFF
        stack = inferior.read_memory(sp - 256, 1280).tobytes().hex()
        memory = [[str(sp - 256), stack]]
        for name in (".data", ".bss"):
            if name in sections and sections[name][1] - sections[name][0] < 4096:
                start, end = sections[name]
                memory.append([str(start), inferior.read_memory(start, end - start).tobytes().hex()])
        stops.append({"frames": frames, "memory": memory})
        gdb.execute("stepi", to_string=True)
        if gdb.selected_thread() is None:
            break
        while not ours(gdb.newest_frame(), only):
            older = gdb.newest_frame().older()
            if older is None or not ours(older, only):
                break
            gdb.execute("finish", to_string=True)
        if not ours(gdb.newest_frame(), only):
            break
    print("RESULT " + json.dumps({"stops": stops, "text": str(sections[".text"][0])}))
