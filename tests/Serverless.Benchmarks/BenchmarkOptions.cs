using System.Globalization;
using Serverless.Learning;
using Serverless.Learning.Native;

namespace Serverless.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage = """
        usage: dotnet run -c Release --project tests/Serverless.Benchmarks -- [options]

        Measures the machine's ceilings and this project's figures against them, in turns, each in a process of its own, and prints
        Markdown tables of the medians and of what they say about the project's targets. Scenarios of a head start a real one, and
        the storage emulator, for which Node.js is needed.

        options
          --only TEXT         scenarios whose name holds TEXT, or one of several with | between them, and the ceilings (all)
          --rounds NUMBER     how often each scenario is measured (3)
          --seconds NUMBER    how long a scenario is measured in a round, at least (4)
          --threads NUMBER    threads of a tensor operation (the processor limit)
          --python PATH       a Python with PyTorch, whose LoRA step is measured beside ours (none)
          --llama-bench PATH  llama.cpp's benchmark, whose decoding and reading are measured beside ours (none)
          --to FILE           writes the tables to a file as well
        """;

    public string? Only { get; init; }

    public int Rounds { get; init; } = 3;

    /// <summary>Seconds.</summary>
    public double Seconds { get; init; } = 4;

    public int Threads { get; init; } = NativeRuntime.Threads;

    public string? Python { get; init; }

    public string? LlamaBench { get; init; }

    public string? To { get; init; }

    public bool Help { get; init; }

    /// <summary>What this process does for the one that started it: the scenario it measures, or the shape or file it writes; null for a whole campaign.</summary>
    public string? Child { get; init; }

    /// <summary>Where a child finds the models.</summary>
    public string Models { get; init; } = "";

    /// <exception cref="InputError">An option is unknown, lacks its value, or has one that is not allowed.</exception>
    public static BenchmarkOptions Read(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions();
        for (var at = 0; at < arguments.Count; at++)
        {
            var name = arguments[at];
            if (name is "--help" or "-h") return options with { Help = true };
            var value = at + 1 < arguments.Count ? arguments[++at] : throw new InputError($"{name}: found no value; see --help");
            options = name switch
            {
                "--only" => options with { Only = value },
                "--rounds" => options with { Rounds = WholeNumber(name, value, 1, 100) },
                "--seconds" => options with { Seconds = WholeNumber(name, value, 1, 600) },
                "--threads" => options with { Threads = WholeNumber(name, value, 1, 1024) },
                "--python" => options with { Python = value },
                "--llama-bench" => options with { LlamaBench = value },
                "--to" => options with { To = value },
                "--child" => options with { Child = value },
                "--models" => options with { Models = value },
                _ => throw new InputError($"{name}: is not an option; see --help"),
            };
        }
        return options;
    }

    /// <summary>Whether a scenario of this name is asked for.</summary>
    public bool Asks(string scenario) => Only is null || Only.Split('|').Any(part => scenario.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static int WholeNumber(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new InputError($"{name}: found \"{value}\"; allowed: a whole number from {least} to {most}");
}
