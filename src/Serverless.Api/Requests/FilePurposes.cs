using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>What a posted file may be for.</summary>
internal static class FilePurposes
{
    private static readonly string[] Allowed = ["fine-tune", "assistants", "batch", "vision", "user_data", "evals"];

    /// <summary>The purpose, if it is one that an upload may have.</summary>
    public static string Check(string? purpose)
    {
        if (string.IsNullOrEmpty(purpose))
            throw Refusal.Missing("purpose");
        return Allowed.Contains(purpose)
            ? purpose
            : throw new InputError($"'{purpose}' is not one of [{string.Join(", ", Allowed.Select(one => $"'{one}'"))}] - 'purpose'", "purpose");
    }
}
