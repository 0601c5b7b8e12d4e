namespace Serverless.Load.Running;

/// <summary>A row of the table.</summary>
/// <param name="Bound">What is promised; empty where nothing is.</param>
/// <param name="Holds">Whether the figure is within it.</param>
internal sealed record LoadFigure(string Load, string What, string Figure, string Bound, bool Holds);
