using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs on a folder that none of the product's writers made: brought_model.py beside this file did.</summary>
public sealed class BroughtModelTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(AdapterKind.Lora)]
    [InlineData(AdapterKind.Full)]
    public async Task A_job_on_an_added_model_trains_evaluates_and_publishes(AdapterKind kind)
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path);
        var add = new AddModel(head.Get<ModelStore>(), head.Get<ModelCatalog>(), new AdapterBases(head.Get<ModelStore>(), head.Get<ModelCatalog>()), new BaseUse(head.JobCatalog, head.Get<ModelCatalog>()), TimeProvider.System);
        var brought = new FolderFiles(Path.Combine(AppContext.BaseDirectory, "Brought"));
        var added = await add.RunAsync(brought, new AddRequest("org/brought", "a test"), null, default);
        Assert.Equal(7, added.Record.Parts.Length);
        Assert.Empty(added.LeftOut);

        var training = await head.UploadAsync(TinyModel.Dataset(24));
        var validation = await head.UploadAsync(TinyModel.Dataset(12), "valid.jsonl");
        var job = await head.CreateAsync(training, validation, request => request with
        {
            Model = added.Record.Id,
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 4, LearningRate = 5e-3 } },
            Adapter = new AdapterRequest { Type = kind },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        Assert.Equal($"ft:org/brought:local::{job.Id.Value[^8..]}", job.FineTunedModel!.Value.Value);
        var evaluation = await head.Get<Serverless.Service.Pipeline.FineTuning.JobEvaluations>().FindAsync(job.Id, default);
        Assert.True(evaluation!.Tuned.Scores.Loss < evaluation.Base.Scores.Loss);
        var published = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel.Value, default);
        using var tuned = LanguageModel.Load(await head.Get<ModelStore>().DownloadAsync(published!, Path.Combine(_folder.Path, "published"), default));
        Assert.True(tuned.Decoder.Config.QueryKeyValueBias);
        Assert.Equal(273, tuned.Decoder.Config.VocabularySize);
    }
}
