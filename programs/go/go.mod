module r14/programs

go 1.19
