using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Local.Composition;
using Serverless.Service.Files;
using Serverless.Service.Storage;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>Takes data sets and jobs down the path that everybody's take, through the container and HTTP, and shows how far they are.</summary>
internal sealed class JobRun(LocalHead head, HeadClient client, IAnsiConsole console)
{
    /// <summary>Drops a data set and waits for its report.</summary>
    /// <returns>The file's id.</returns>
    public async Task<string> DropAsync(string path, string blobName, CancellationToken ct)
    {
        var drop = new DataDrop(head.Services.GetRequiredService<BlobAccount>(), head.Services.GetRequiredService<FileCatalog>(), client);
        console.WriteLine($"Dropping {path} into the container datasets as {blobName}");
        var file = await drop.TakeInAsync(path, blobName, ct);
        console.WriteLine($"  taken in as {file.Id}: {file.Report!.Examples} examples, {file.Report.Tokens:N0} tokens, longest {file.Report.LongestTokens}");
        return file.Id.Value;
    }

    /// <summary>Posts a job and watches it to its end.</summary>
    /// <param name="what">What it does, after "Job … started: ".</param>
    /// <returns>The job object of the succeeded job.</returns>
    /// <exception cref="Learning.InputError">The job was refused or failed; the message is its own.</exception>
    public async Task<JsonElement> RunAsync(JsonObject request, string what, CancellationToken ct)
    {
        var job = await client.CreateJobAsync(request, ct);
        var id = job.GetProperty("id").GetString()!;
        console.WriteLine($"Job {id} started: {what}");
        var watch = new JobWatch(client);
        await new RunDisplay(console).ShowAsync(async report => job = await watch.WaitAsync(id, report, ct));
        return job;
    }
}
