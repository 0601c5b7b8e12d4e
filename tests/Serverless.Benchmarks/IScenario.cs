namespace Serverless.Benchmarks;

/// <summary>Something that is measured, in a process of its own.</summary>
internal interface IScenario
{
    /// <summary>Such as <c>LoRA, 135M, 4 x 512</c>; the key it is called by.</summary>
    string Name { get; }

    /// <summary>What <see cref="Reading.Units"/> counts, such as <c>tokens</c>.</summary>
    string Unit { get; }

    /// <summary>What <see cref="Reading.Work"/> is held against; null for nothing.</summary>
    Ceiling? Ceiling { get; }

    /// <summary>The model that is measured, which a process of its own has written before; null for none.</summary>
    ModelShape? Shape { get; }

    /// <param name="folder">The folder of <see cref="Shape"/>; read only.</param>
    Reading Measure(string folder, Stopclock clock);
}
