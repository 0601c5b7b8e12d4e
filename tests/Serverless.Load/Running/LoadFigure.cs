namespace Serverless.Load.Running;

/// <summary>A row of the table.</summary>
/// <param name="Bound">What is promised; empty where nothing is.</param>
/// <param name="Holds">Whether the figure is within it.</param>
/// <param name="OnQuietMachine">Whether that is promised of a machine that does nothing else, as of times and the processor's share.</param>
internal sealed record LoadFigure(string Load, string What, string Figure, string Bound, bool Holds, bool OnQuietMachine = false);
