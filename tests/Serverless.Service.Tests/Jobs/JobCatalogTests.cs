using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Jobs;

public sealed class JobCatalogTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_read_and_listed_as_it_was_written()
    {
        var catalog = new JobCatalog(await azurite.NewAccountAsync());
        var record = Full();
        await catalog.CreateAsync(record, Cancel);

        var read = await catalog.FindAsync(record.Id, Cancel);
        var listed = Assert.Single((await catalog.ListAsync(null, 20, null, Cancel)).Items);

        Assert.Equivalent(record, read, strict: true);
        Assert.Equivalent(record, listed, strict: true);
    }

    [Fact]
    public void Status_and_wish_are_written_with_the_names_of_the_wire()
    {
        var json = JsonSerializer.SerializeToElement(Full(), CatalogJson.Options);

        Assert.Equal("validating_files", json.GetProperty("status").GetString());
        Assert.Equal("cancel", json.GetProperty("wish").GetString());
        Assert.Equal("supervised", json.GetProperty("method").GetProperty("type").GetString());
        Assert.Equal(Full().Id.Value.Length, json.GetProperty("id").GetString()!.Length);
    }

    private static JobRecord Full() => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("ft:sample-8m:me::12345678"),
        BaseModel = new ModelId("sample-8m"),
        TrainingFile = FileId.New(TimeProvider.System),
        ValidationFile = FileId.New(TimeProvider.System),
        Suffix = "tickets",
        Seed = 42,
        Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 3, LearningRate = 1e-3 } },
        Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 8, TargetModules = ["q_proj", "v_proj"] },
        Options = new TrainingOptions
        {
            Adapter = new AdapterOptions { Rank = 8, TargetModules = ["q_proj", "v_proj"] },
            Epochs = 3,
            BatchSize = 16,
            LearningRate = 1e-3,
            MaxSequenceLength = 512,
            Seed = 42,
        },
        Fingerprint = new NativeFingerprint("2.10.0", "AuthenticAMD 25.17", "avx2", 2, KernelPath.Fused, "highest"),
        Status = JobStatus.ValidatingFiles,
        Wish = JobWish.Cancel,
        CreatedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        Error = new JobError("invalid_training_file", "train.jsonl line 3: ü", "training_file"),
        ResultFiles = [FileId.New(TimeProvider.System)],
        Metadata = ImmutableDictionary<string, string>.Empty.Add("Schlüssel", "Wert"),
    };
}
