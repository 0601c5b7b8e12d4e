using System.Text.Json;

namespace Serverless.Api.Tests;

/// <summary>Reads answers as raw JSON.</summary>
internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

    /// <summary>The object inside the error envelope.</summary>
    public static async Task<JsonElement> ErrorAsync(this HttpResponseMessage answer) => (await answer.JsonAsync()).GetProperty("error");
}
