// Tells what Go's own debug/dwarf reads from a program, as JSON, for the tests to compare with.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
)

type function struct {
	Name string
	Low  uint64
	High uint64
	// One per sampled pc.
	Frames map[string][]string
}

type structure struct {
	Name        string
	Size        int64
	RuntimeType uint64
	Fields      []string
}

type answer struct {
	Functions []function
	Structs   []structure
	Globals   []string
}

type unit struct {
	files []*dwarf.LineFile
	lines []dwarf.LineEntry
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	file, err := elf.Open(os.Args[1])
	must(err)
	data, err := file.DWARF()
	must(err)
	var result answer
	reader := data.Reader()
	var current unit
	for {
		entry, err := reader.Next()
		must(err)
		if entry == nil {
			break
		}
		switch entry.Tag {
		case dwarf.TagCompileUnit:
			current = readUnit(data, entry)
			continue
		case dwarf.TagSubprogram:
			if ranges, _ := data.Ranges(entry); len(ranges) > 0 {
				result.Functions = append(result.Functions, describe(data, current, entry, ranges))
			}
		case dwarf.TagStructType:
			if name, ok := entry.Val(dwarf.AttrName).(string); ok {
				result.Structs = append(result.Structs, readStruct(data, entry, name))
			}
		case dwarf.TagVariable:
			if name, ok := entry.Val(dwarf.AttrName).(string); ok && entry.Val(dwarf.AttrLocation) != nil {
				result.Globals = append(result.Globals, fmt.Sprintf("%s %x", name, entry.Val(dwarf.AttrLocation)))
			}
		}
		if entry.Children && entry.Tag != dwarf.TagCompileUnit {
			reader.SkipChildren()
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(result))
}

func readUnit(data *dwarf.Data, entry *dwarf.Entry) unit {
	lines, err := data.LineReader(entry)
	if err != nil || lines == nil {
		return unit{}
	}
	var result unit
	var row dwarf.LineEntry
	for lines.Next(&row) == nil {
		result.lines = append(result.lines, row)
	}
	result.files = lines.Files()
	return result
}

// position is the last row at or below pc in the sequence around it.
func (u unit) position(pc uint64) string {
	best := "?"
	for i, row := range u.lines {
		if row.EndSequence || i+1 >= len(u.lines) || row.Address > pc || u.lines[i+1].Address <= pc {
			continue
		}
		if row.File != nil {
			best = fmt.Sprintf("%s:%d", row.File.Name, row.Line)
		}
	}
	return best
}

func nameOf(data *dwarf.Data, entry *dwarf.Entry) string {
	if name, ok := entry.Val(dwarf.AttrName).(string); ok {
		return name
	}
	if origin, ok := entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
		reader := data.Reader()
		reader.Seek(origin)
		abstract, err := reader.Next()
		must(err)
		return nameOf(data, abstract)
	}
	return "?"
}

func covers(ranges [][2]uint64, pc uint64) bool {
	for _, r := range ranges {
		if pc >= r[0] && pc < r[1] {
			return true
		}
	}
	return false
}

func describe(data *dwarf.Data, u unit, entry *dwarf.Entry, ranges [][2]uint64) function {
	f := function{Name: nameOf(data, entry), Low: ranges[0][0], High: ranges[0][1], Frames: map[string][]string{}}
	size := f.High - f.Low
	for i := uint64(0); i < 4; i++ {
		pc := f.Low + size*i/4
		names := []string{f.Name}
		calls := []string{}
		if entry.Children {
			reader := data.Reader()
			reader.Seek(entry.Offset)
			_, err := reader.Next()
			must(err)
			for depth := 1; depth > 0; {
				child, err := reader.Next()
				must(err)
				if child.Tag == 0 {
					depth--
					continue
				}
				inside := false
				if child.Tag == dwarf.TagInlinedSubroutine {
					inner, _ := data.Ranges(child)
					if inside = covers(inner, pc); inside {
						names = append(names, nameOf(data, child))
						call, _ := child.Val(dwarf.AttrCallFile).(int64)
						line, _ := child.Val(dwarf.AttrCallLine).(int64)
						calls = append(calls, fmt.Sprintf("%s:%d", u.files[call].Name, line))
					}
				}
				if child.Tag == dwarf.TagLexDwarfBlock {
					inside = true
				}
				if child.Children {
					if inside {
						depth++
					} else {
						reader.SkipChildren()
					}
				}
			}
		}
		calls = append(calls, u.position(pc))
		frames := []string{}
		for n := len(names) - 1; n >= 0; n-- {
			frames = append(frames, names[n]+" "+calls[n])
		}
		f.Frames[fmt.Sprintf("%#x", pc)] = frames
	}
	return f
}

func readStruct(data *dwarf.Data, entry *dwarf.Entry, name string) structure {
	result := structure{Name: name}
	result.Size, _ = entry.Val(dwarf.AttrByteSize).(int64)
	result.RuntimeType, _ = entry.Val(dwarf.Attr(0x2904)).(uint64)
	reader := data.Reader()
	reader.Seek(entry.Offset)
	_, err := reader.Next()
	must(err)
	for entry.Children {
		member, err := reader.Next()
		must(err)
		if member.Tag == 0 {
			break
		}
		offset, _ := member.Val(dwarf.AttrDataMemberLoc).(int64)
		kind, _ := member.Val(dwarf.AttrType).(dwarf.Offset)
		types := data.Reader()
		types.Seek(kind)
		target, err := types.Next()
		must(err)
		result.Fields = append(result.Fields, fmt.Sprintf("%s %d %s", nameOf(data, member), offset, nameOf(data, target)))
	}
	return result
}
