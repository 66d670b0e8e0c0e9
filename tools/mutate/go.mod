module kindpakket.eu/tools/mutate

go 1.26.0
