using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using OpenAI.Files;
using Serverless.Learning.Native;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests;

/// <summary>What loads the native library is looked at in processes of their own, since other tests of this assembly load it.</summary>
public sealed partial class LibtorchTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Listing_jobs_files_and_models_does_not_load_libtorch() => Assert.Equal(0, await RunAloneAsync(nameof(Alone_lists)));

    [Fact]
    public async Task A_dry_run_does_not_load_libtorch() => Assert.Equal(0, await RunAloneAsync(nameof(Alone_runs_dry)));

    [Fact]
    public async Task The_check_does_see_libtorch_once_it_is_loaded() => Assert.Equal(0, await RunAloneAsync(nameof(Alone_loads)));

    [Fact(Explicit = true)]
    public async Task Alone_lists()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        foreach (var path in new[] { "/", "/v1/fine_tuning/jobs", "/v1/files", "/v1/models" })
            (await server.Http.GetAsync(path)).EnsureSuccessStatusCode();

        Assert.Empty(LoadedLibraries());
    }

    [Fact(Explicit = true)]
    public async Task Alone_runs_dry()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await server.Get<ModelStore>().SeedBaseAsync(SampleModel.Name, SampleModel.Folder, default);
        OpenAIFile file = await server.Client.GetOpenAIFileClient().UploadFileAsync(
            BinaryData.FromString(TinyModel.Dataset(12)), "train.jsonl", FileUploadPurpose.FineTune);
        var body = JsonContent.Create(new { model = SampleModel.Name, training_file = file.Id });
        (await server.Http.PostAsync("/v1/fine_tuning/jobs?dry_run=true", body)).EnsureSuccessStatusCode();

        Assert.Empty(LoadedLibraries());
    }

    [Fact(Explicit = true)]
    public void Alone_loads()
    {
        NativeRuntime.EnsureLoaded();

        Assert.NotEmpty(LoadedLibraries());
    }

    private static string[] LoadedLibraries()
    {
        using var process = Process.GetCurrentProcess();
        return [.. process.Modules.Cast<ProcessModule>().Select(module => module.ModuleName).Where(name => Native().IsMatch(name))];
    }

    private static async Task<int> RunAloneAsync(string method)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(LibtorchTests).FullName}.{method}" },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        TestContext.Current.TestOutputHelper?.WriteLine(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    [GeneratedRegex(@"^(lib)?(torch|c10|LibTorchSharp)", RegexOptions.IgnoreCase)]
    private static partial Regex Native();
}
