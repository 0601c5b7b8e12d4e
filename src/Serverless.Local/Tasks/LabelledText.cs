namespace Serverless.Local.Tasks;

/// <summary>A text and the one answer that is right for it.</summary>
public sealed record LabelledText(string Text, string Label);
