namespace Serverless.Learning.Data;

/// <summary>A document of plain text.</summary>
public sealed record TextExample(int Line, string Text) : DatasetExample(Line);
