using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Data;
using Serverless.Service.Files;

namespace Serverless.Api.Wire;

/// <summary>What intake has found in a data set. Ours: OpenAI has only a status and its details.</summary>
internal static class FileReportObject
{
    /// <param name="scan">Of a finished intake, or of one that goes on.</param>
    public static JsonObject Of(FileRecord file, DatasetScan scan) => new()
    {
        ["object"] = "file.report",
        ["file_id"] = file.Id.Value,
        ["finished"] = scan.Finished,
        ["format"] = scan.Format is { } found ? JsonSerializer.SerializeToNode(found.Format) : null,
        ["format_reason"] = scan.Format?.Reason,
        ["bytes_read"] = scan.Offset,
        ["bytes"] = file.Bytes,
        ["lines"] = scan.Line,
        ["examples"] = scan.Examples,
        ["sequences"] = scan.Sequences,
        ["tokens"] = scan.Tokens,
        ["trained_tokens"] = scan.SupervisedTokens,
        ["longest_tokens"] = scan.LongestTokens,
        ["longest_line"] = scan.LongestLine,
        ["token_histogram"] = new JsonArray([.. scan.TokenHistogram.Select((count, at) => (JsonNode)new JsonObject
        {
            ["from"] = 1L << at,
            ["to"] = (2L << at) - 1,
            ["sequences"] = count,
        })]),
        ["fault_count"] = scan.FaultCount,
        ["faults"] = new JsonArray([.. scan.Faults.Select(fault => (JsonNode)fault)]),
        ["warnings"] = new JsonArray([.. scan.Warnings.Select(warning => (JsonNode)warning)]),
    };
}
