using Serverless.Learning.Data;
using Serverless.Service.Files;

namespace Serverless.Api.Wire;

/// <summary>What a dry run counted in a file, with the tokenizer of the model that would be trained.</summary>
internal sealed record DryRunFileObject(string Id, string Filename, int Examples, long Tokens, int LongestExampleTokens)
{
    public static DryRunFileObject Of(FileRecord file, DatasetScan scan) =>
        new(file.Id.Value, file.Name, scan.Examples, scan.Tokens, scan.LongestTokens);
}
