namespace Serverless.Learning.Data;

/// <summary>One example of a data set, of whichever format.</summary>
/// <param name="Line">The line of the file it came from or begins on, counted from 1.</param>
public abstract record DatasetExample(int Line);
