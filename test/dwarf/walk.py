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


def start(places):
    gdb.execute("set pagination off")
    gdb.execute("set disable-randomization on")
    # Go's preemption signal would stop the program at a random place.
    gdb.execute("handle SIGURG nostop noprint pass", to_string=True)
    gdb.execute("set environment GODEBUG asyncpreemptoff=1")
    for place in places:
        gdb.execute("break " + place, to_string=True)
    gdb.execute("run > /dev/null", to_string=True)


def stop(sections, only):
    """The frames of the program at a stop, and the memory that their variables may be in."""
    inferior = gdb.selected_inferior()
    frames = []
    frame = gdb.newest_frame()
    while frame is not None and len(frames) < 4:
        facts = frame_facts(frame) if ours(frame, only) else None
        if facts is None:
            break
        frames.append(facts)
        frame = frame.older()
    sp = int(gdb.newest_frame().read_register("rsp")) & 0xFFFFFFFFFFFFFFFF
    memory = [[str(sp - 256), inferior.read_memory(sp - 256, 2304).tobytes().hex()]]
    for name in (".data", ".bss"):
        if name in sections and sections[name][1] - sections[name][0] < 4096:
            low, high = sections[name]
            memory.append([str(low), inferior.read_memory(low, high - low).tobytes().hex()])
    return {"frames": frames, "memory": memory}


def tell(stops, sections):
    print("RESULT " + json.dumps({"stops": stops, "text": str(sections[".text"][0])}))


def walk(place, steps):
    """Stops at each instruction of the program from a place on, with the calls that leave it run through."""
    start([place])
    sections = program_sections()
    stops = []
    for _ in range(steps):
        stops.append(stop(sections, ""))
        gdb.execute("stepi", to_string=True)
        while gdb.selected_thread() is not None and not ours(gdb.newest_frame(), ""):
            older = gdb.newest_frame().older()
            if older is None or not ours(older, ""):
                break
            gdb.execute("finish", to_string=True)
        if gdb.selected_thread() is None or not ours(gdb.newest_frame(), ""):
            break
    tell(stops, sections)


def visit(places, count, only):
    """Stops at places as the program comes by."""
    start(places)
    sections = program_sections()
    stops = []
    while len(stops) < count and gdb.selected_thread() is not None:
        stops.append(stop(sections, only))
        gdb.execute("continue", to_string=True)
    tell(stops, sections)
