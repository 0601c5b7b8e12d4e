using Serverless.Learning;

namespace Serverless.Api.Errors;

/// <summary>How an <see cref="InputError"/>'s code answers on the wire: HTTP status, OpenAI's error type, and the code itself.</summary>
/// <param name="Code">The code as written in the body; null where OpenAI writes null.</param>
internal sealed record ErrorStatus(int Status, string Type, string? Code)
{
    private const string InvalidRequest = "invalid_request_error";

    /// <summary>A code that is not listed here is a plain 400.</summary>
    public static ErrorStatus Of(InputError error) => error.Code switch
    {
        // OpenAI's "No such File object" carries no code.
        "not_found" => new(404, InvalidRequest, null),
        "model_not_found" or "fine_tune_not_found" or "unknown_url" or "not_offered" => new(404, InvalidRequest, error.Code),
        "method_not_supported" => new(405, InvalidRequest, error.Code),
        "request_too_large" or "file_too_large" => new(413, InvalidRequest, error.Code),
        "missing_api_key" => new(401, InvalidRequest, null),
        "invalid_api_key" => new(401, InvalidRequest, error.Code),
        "foreign_host" or "foreign_origin" or "insufficient_permissions" => new(403, InvalidRequest, error.Code),
        "request_in_progress" => new(409, InvalidRequest, error.Code),
        "rate_limit_exceeded" or "too_many_streams" => new(429, "requests", error.Code),
        var code => new(400, InvalidRequest, code),
    };
}
