using Serverless.Local.Settings;

namespace Serverless.Local.Commands;

/// <summary>What the console says when the head answers: where things are.</summary>
internal static class Banner
{
    public static string Of(Uri url, LocalSettings settings)
    {
        var storage = settings.UsesAzurite
            ? $"Azurite at port {settings.AzuritePort} (UseDevelopmentStorage=true), data in {Path.Combine(settings.Data, "azurite")}"
            : "the Azure Storage account of the settings";
        return $"""
            Serverless answers at {url}
              dashboard  {url}
              API        {new Uri(url, "v1")} (the base URL for OpenAI clients; {(settings.Keys.IsEmpty ? "no keys are set: any will do, and only this machine is served" : "a key of the settings is needed")})
              storage    {storage}
              data sets  drop chat JSONL files into the container {settings.StoragePrefix}datasets, or post them to {new Uri(url, "v1/files")}
              models     `serverless models add` a Hugging Face folder, drop one into the container {settings.StoragePrefix}models, or put it into {settings.Models}
            Ctrl+C ends it; unfinished runs go on at the next start.
            """;
    }
}
