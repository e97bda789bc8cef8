//! Groups of held-out people, for figures by group: seen by eye once, on pictures of the data set.

/// People with glasses (three of them dark), with a beard, and who look older than some 55 years.
const GROUPS: [(&str, &[&str]); 3] = [
    (
        "glasses",
        &[
            "sfhq_age_05_08",
            "t2i_FLUX1_pro_0003013",
            "t2i_FLUX1_schnell_0000161",
            "t2i_FLUX1_schnell_0012547",
            "t2i_FLUX1_schnell_0021344",
            "t2i_SDXL_0021457",
            "t2i_SDXL_0023480",
            "t2i_SDXL_0035448",
            "t2i_SDXL_0036793",
            "t2i_SDXL_0042934",
            "t2i_SDXL_0043209",
        ],
    ),
    (
        "beard",
        &[
            "t2i_FLUX1_dev_0001965",
            "t2i_FLUX1_pro_0003013",
            "t2i_FLUX1_schnell_0005151",
            "t2i_FLUX1_schnell_0040384",
            "t2i_SDXL_0000077",
            "t2i_SDXL_0021457",
            "t2i_SDXL_0022282",
        ],
    ),
    (
        "older than 55",
        &[
            "sfhq_age_05_08",
            "sfhq_age_X_ethnicity_1_05_12",
            "sfhq_age_X_ethnicity_2_04_11",
            "t2i_FLUX1_pro_0000125",
            "t2i_SDXL_0001919",
            "t2i_SDXL_0012337",
            "t2i_SDXL_0021457",
            "t2i_SDXL_0021812",
            "t2i_SDXL_0031540",
        ],
    ),
];
/// Everybody else.
const OTHERS: &str = "none of these";

/// The groups that a person is in.
pub fn of(person: &str) -> Vec<&'static str> {
    let found: Vec<&str> =
        GROUPS.iter().filter(|(_, people)| people.contains(&person)).map(|(name, _)| *name).collect();
    if found.is_empty() { vec![OTHERS] } else { found }
}
