using System.IO.Compression;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests.Browser;

/// <summary>The dashboard of a started head in a real browser.</summary>
public sealed class DashboardTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task A_data_set_is_brought_trained_on_watched_and_both_models_answer_side_by_side()
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var (training, validation) = (Path.Combine(place.Folder, "train.jsonl"), Path.Combine(place.Folder, "validation.jsonl"));
        await File.WriteAllTextAsync(training, TinyModel.Dataset(30), Ct);
        await File.WriteAllTextAsync(validation, TinyModel.Dataset(12), Ct);
        var faulty = TinyModel.Dataset(1) + """{"messages":[{"role":"assitant","content":"x"}]}""" + "\n";

        await Chromium.RunAsync(head, "from-file-to-answer", null, training, validation, faulty);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_page_says_that_the_service_is_gone_and_goes_on_when_it_is_back()
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var first = await HeadProcess.StartAsync(place);
        HeadProcess? second = null;
        try
        {
            await Chromium.RunAsync(first, "away-and-back", async wish =>
            {
                if (wish == "away")
                    await first.KillAsync();
                else
                    second = await HeadProcess.StartAsync(place, first.Url);
            });
        }
        finally
        {
            if (second is not null)
                await second.DisposeAsync();
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_key_opens_the_page_once_and_no_script_or_other_site_gets_hold_of_it()
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        place.Variables["SERVERLESS_KEYS"] = "laptop=sk-laptop-0123456789";
        await using var head = await HeadProcess.StartAsync(place);

        await Chromium.RunAsync(head, "opens-with-a-key", null, "sk-laptop-0123456789");
    }

    [Fact(Timeout = 600_000)]
    public async Task A_run_pauses_at_its_budget_goes_on_with_a_larger_one_and_is_paused_resumed_and_cancelled_by_hand()
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        // A tenth of a second costs more than the budget, so that the first checkpoint is the last one it pays for.
        place.Variables["SERVERLESS_PRICE_PER_GB_SECOND"] = 2;
        await using var head = await HeadProcess.StartAsync(place);
        await head.WaitForFileAsync(await head.UploadAsync(TinyModel.Dataset(200)));

        await Chromium.RunAsync(head, "pause-and-budget");
    }

    [Fact(Timeout = 300_000)]
    public Task The_reference_shows_every_endpoint_and_fits_a_desk_and_a_phone_in_both_themes() => OnAFreshHeadAsync("reference");

    [Fact(Timeout = 300_000)]
    public Task Names_and_contents_of_data_sets_that_look_like_scripts_are_shown_as_text_and_nothing_written_into_the_page_runs() => OnAFreshHeadAsync("hostile-content");

    [Fact(Timeout = 300_000)]
    public Task Every_section_can_be_reached_by_the_keyboard_and_fits_a_desk_and_a_phone_in_both_themes() => OnAFreshHeadAsync("keyboard-and-phone");

    [Fact(Timeout = 300_000)]
    public Task A_run_is_started_opened_and_cancelled_by_keys_alone() =>
        OnAFreshHeadAsync("keys-alone", head => ReadAsync(head, (TinyModel.Dataset(200), "train.jsonl")));

    [Fact(Timeout = 600_000)]
    public Task A_run_leaves_checkpoints_names_and_files_that_can_be_used_and_rewards_have_a_curve()
    {
        var prompts = Enumerable.Range(0, 12).Select(number => $$"""{"messages": [{"role": "user", "content": "the parcel {{number}} has not arrived"}]}""" + "\n");
        return OnAFreshHeadAsync("what-a-run-leaves", head => ReadAsync(
            head, (TinyModel.Dataset(20), "train.jsonl"), (TinyModel.Dataset(12), "validation.jsonl"), (string.Concat(prompts), "prompts.jsonl")));
    }

    [Fact(Timeout = 300_000)]
    public async Task Older_data_sets_are_found_a_large_file_goes_in_parts_and_models_can_be_downloaded_as_GGUF_and_deleted()
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        await ReadAsync(head, (TinyModel.Dataset(12), "train.jsonl"));
        await ReadAsync(head, (TinyModel.Dataset(12), "validation.jsonl"));
        using var archive = new MemoryStream();
        ZipFile.CreateFromDirectory(TinyModel.Write(Path.Combine(place.Folder, "brought"), seed: 2), archive, CompressionLevel.Fastest, includeBaseDirectory: true);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(archive.ToArray()), "file", "brought.zip" } };
        (await head.Http.PostAsync("models", form, Ct)).EnsureSuccessStatusCode();

        await Chromium.RunAsync(head, "data-and-models");
    }

    [Fact(Timeout = 600_000)]
    public Task Every_stage_of_a_recipe_has_its_column_and_the_form_takes_text_to_replay()
    {
        var documents = Enumerable.Range(0, 60).Select(number => $$"""{"text": "the parcel {{number}} has not arrived and the tracking page shows nothing"}""" + "\n");
        return OnAFreshHeadAsync("recipe-and-replay", head => ReadAsync(
            head, (TinyModel.Dataset(20), "train.jsonl"), (TinyModel.Dataset(12), "validation.jsonl"), (string.Concat(documents), "text.jsonl")));
    }

    /// <summary>Uploads files and waits until the service has read them.</summary>
    /// <returns>Their ids.</returns>
    private static async Task<string[]> ReadAsync(HeadProcess head, params (string Content, string Name)[] files)
    {
        var ids = new List<string>();
        foreach (var (content, name) in files)
            ids.Add(await head.UploadAsync(content, name));
        foreach (var id in ids)
            await head.WaitForFileAsync(id);
        return [.. ids];
    }

    private Task OnAFreshHeadAsync(string script) => OnAFreshHeadAsync(script, _ => Task.FromResult<string[]>([]));

    /// <param name="prepare">What is done before the page opens; returns the words that the script is given.</param>
    private async Task OnAFreshHeadAsync(string script, Func<HeadProcess, Task<string[]>> prepare)
    {
        Assert.SkipWhen(Chromium.Find() is null, Chromium.Missing);
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);

        await Chromium.RunAsync(head, script, null, await prepare(head));
    }
}
